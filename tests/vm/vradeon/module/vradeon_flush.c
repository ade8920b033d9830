// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TLB flushes by the KIQ (INVALIDATE_TLBS): which ones the driver asked for, and how
 * long each takes. There is no TLB: a flush is done when that time is over, and the
 * KIQ stands still meanwhile. All under the lock of vradeon_play().
 */
#include <linux/seq_file.h>
#include <linux/timekeeping.h>

#include "vradeon.h"

/* One more than any event of any card before it. */
static u32 vradeon_flush_event;

void vradeon_flush_begin(struct vradeon *gpu, u32 selection)
{
	struct vradeon_flush *flush =
		&gpu->flushes[gpu->flush_count % ARRAY_SIZE(gpu->flushes)];

	/* nvd.h, soc15d.h: PACKET3_INVALIDATE_TLBS_* */
	flush->pasid = selection >> 5 & 0xffff;
	flush->type = selection >> 29 & 3;
	flush->begun = ++vradeon_flush_event;
	flush->done = 0;
	gpu->flush_count++;
	gpu->flush_until = ktime_get_mono_fast_ns() +
			   READ_ONCE(gpu->flush_ms) * NSEC_PER_MSEC;
}

bool vradeon_flush_is_running(struct vradeon *gpu)
{
	unsigned int last = (gpu->flush_count - 1) % ARRAY_SIZE(gpu->flushes);

	if (!gpu->flush_until)
		return false;
	if (ktime_get_mono_fast_ns() < gpu->flush_until)
		return true;
	gpu->flush_until = 0;
	gpu->flushes[last].done = ++vradeon_flush_event;
	return false;
}

/* A line a flush: its number, when it was begun and done (0: not yet), PASID, type. */
void vradeon_flush_show(const struct vradeon *gpu, struct seq_file *m)
{
	u32 count = READ_ONCE(gpu->flush_count), i = 0;

	if (count > ARRAY_SIZE(gpu->flushes))
		i = count - ARRAY_SIZE(gpu->flushes);
	for (; i < count; i++) {
		const struct vradeon_flush *flush =
			&gpu->flushes[i % ARRAY_SIZE(gpu->flushes)];

		seq_printf(m, "%u %u %u %u %u\n", i, flush->begun,
			   READ_ONCE(flush->done), flush->pasid, flush->type);
	}
}
