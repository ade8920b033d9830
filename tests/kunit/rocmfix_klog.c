// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Owns the look into the kernel log. Refuses to change or hold it. */
#include <linux/string.h>

#include "rocmfix_klog.h"

/* One test at a time. */
static char rocmfix_klog_line[1024];

static bool rocmfix_klog_next(struct kmsg_dump_iter *iter)
{
	size_t len;

	if (!kmsg_dump_get_line(iter, false, rocmfix_klog_line,
				sizeof(rocmfix_klog_line) - 1, &len))
		return false;
	rocmfix_klog_line[len] = '\0';
	strim(rocmfix_klog_line);
	return true;
}

void rocmfix_klog_mark(struct kmsg_dump_iter *mark)
{
	kmsg_dump_rewind(mark);
	while (rocmfix_klog_next(mark))
		;
}

unsigned int rocmfix_klog_count(const struct kmsg_dump_iter *mark,
				const char *text, bool ends)
{
	struct kmsg_dump_iter iter = *mark;
	unsigned int count = 0;

	while (rocmfix_klog_next(&iter)) {
		const char *at = strstr(rocmfix_klog_line, text);

		if (at && (!ends || !at[strlen(text)]))
			count++;
	}
	return count;
}
