/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the kernel log says since a mark. */
#ifndef ROCMFIX_KLOG_H
#define ROCMFIX_KLOG_H

#include <linux/kmsg_dump.h>

void rocmfix_klog_mark(struct kmsg_dump_iter *mark);

/* Lines since @mark with @text in them; with @ends: at their end. */
unsigned int rocmfix_klog_count(const struct kmsg_dump_iter *mark,
				const char *text, bool ends);

#endif
