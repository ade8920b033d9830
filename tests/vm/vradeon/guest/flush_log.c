// SPDX-License-Identifier: MIT
/* See flush_log.h; module/vradeon_flush.c writes it. */
#include "flush_log.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *open_file(const char *slot, const char *name, const char *mode)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vradeon/%.8s/%s", slot, name);
	file = fopen(path, mode);
	if (!file) {
		fprintf(stderr, "error: no card in slot %s\n", slot);
		exit(1);
	}
	return file;
}

unsigned int flush_log_read(const char *slot, unsigned int first, struct flush *flushes)
{
	FILE *file = open_file(slot, "flushes", "r");
	unsigned int pasid, count = 0;
	struct flush flush;

	while (count < FLUSH_LOG_MAX && fscanf(file, "%u %u %u %u %u", &flush.number, &flush.begun,
					       &flush.done, &pasid, &flush.type) == 5)
		if (flush.number >= first)
			flushes[count++] = flush;
	fclose(file);
	return count;
}

unsigned int flush_log_count(const char *slot)
{
	struct flush flushes[FLUSH_LOG_MAX];
	unsigned int count = flush_log_read(slot, 0, flushes);

	return count ? flushes[count - 1].number + 1 : 0;
}

void flush_log_set_duration(const char *slot, unsigned int milliseconds)
{
	FILE *file = open_file(slot, "flush_ms", "w");

	fprintf(file, "%u\n", milliseconds);
	fclose(file);
}
