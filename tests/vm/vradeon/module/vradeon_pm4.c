// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The command processor, as much of it as a driver notices: registers and
 * memory are written, fences signalled, queues mapped. Nothing is drawn or
 * computed, and nothing waits but for a TLB flush: whatever else could be waited
 * for has happened.
 * Packets are those of nvd.h; one that is not known is stepped over.
 */
#include "vradeon.h"

#define PACKET_TYPE(header)	((header) >> 30)
#define PACKET3_OPCODE(header)	((header) >> 8 & 0xff)
#define PACKET3_COUNT(header)	((header) >> 16 & 0x3fff)

#define PACKET3_NOP		0x10
#define PACKET3_WRITE_DATA	0x37
#define PACKET3_WAIT_REG_MEM	0x3c
#define PACKET3_INDIRECT_BUFFER	0x3f
#define PACKET3_COPY_DATA	0x40
#define PACKET3_RELEASE_MEM	0x49
#define PACKET3_SET_UCONFIG_REG	0x79
#define PACKET3_INVALIDATE_TLBS	0x98
#define PACKET3_MAP_QUEUES	0xa2
#define PACKET3_QUERY_STATUS	0xa4

#define SET_UCONFIG_REG_START	0xc000
/* A NOP of this count is one dword long. */
#define NOP_ONE_DWORD		0x3fff

/* GFX_10_1__SRCID__CP_EOP_INTERRUPT, GFX_10_1__SRCID__CP_IB2_INTERRUPT_PKT */
#define SRCID_CP_EOP		181
#define SRCID_CP_IB2		178

/* gc_10_1_0_offset.h, segment 0: the KIQ raises its interrupt by this write */
#define CPC_INT_STATUS		0x1e55

static void vradeon_pm4_write(struct vradeon *gpu,
			      const struct vradeon_queue *queue, const u32 *at,
			      u32 count)
{
	u32 i, destination = at[1] >> 8 & 0xf;
	u64 address = at[2] | (u64)at[3] << 32;

	if (destination == 0 &&
	    at[2] == le32_to_cpu(gpu->card.gc_segment0) + CPC_INT_STATUS)
		vradeon_ih_add(gpu, queue->client_id, SRCID_CP_IB2,
			       queue->ring_id, 0);

	for (i = 0; i + 3 < count; i++) {
		if (destination == 0)
			vradeon_write(gpu, at[2] + i, at[4 + i]);
		else
			vradeon_mc_write(gpu, address + i * sizeof(u32), at[4 + i]);
	}
}

static void vradeon_pm4_copy(struct vradeon *gpu, const u32 *at)
{
	u32 source = at[1] & 0xf, destination = at[1] >> 8 & 0xf;
	u64 from = at[2] | (u64)at[3] << 32;
	u64 to = at[4] | (u64)at[5] << 32;
	u32 value;

	switch (source) {
	case 0:
		value = vradeon_read(gpu, at[2]);
		break;
	case 5: /* immediate */
		value = at[2];
		break;
	default:
		value = vradeon_mc_read(gpu, from);
	}
	if (destination == 0)
		vradeon_write(gpu, at[4], value);
	else
		vradeon_mc_write(gpu, to, value);
}

static void vradeon_pm4_release(struct vradeon *gpu,
				const struct vradeon_queue *queue, const u32 *at)
{
	u32 data_sel = at[2] >> 29, int_sel = at[2] >> 24 & 7;
	u64 address = at[3] | (u64)at[4] << 32;

	if (data_sel) {
		vradeon_mc_write(gpu, address, at[5]);
		if (data_sel != 1)
			vradeon_mc_write(gpu, address + 4, at[6]);
	}
	if (int_sel)
		vradeon_ih_add(gpu, queue->client_id, SRCID_CP_EOP,
			       queue->ring_id, 0);
}

static void vradeon_pm4_indirect(struct vradeon *gpu,
				 const struct vradeon_queue *queue, const u32 *at)
{
	u64 address = at[1] | (u64)at[2] << 32;
	u32 dwords = at[3] & 0xfffff, vmid = at[3] >> 24 & 0xf, done = 0;
	u32 packet[64];

	/* A user's commands: there is no engine that could run them. */
	if (vmid)
		return;
	while (done < dwords) {
		u32 i, n = min_t(u32, dwords - done, ARRAY_SIZE(packet));

		for (i = 0; i < n; i++)
			packet[i] = vradeon_mc_read(gpu, address +
						    (done + i) * sizeof(u32));
		/* no indirect buffers within an indirect buffer */
		if (PACKET3_OPCODE(packet[0]) == PACKET3_INDIRECT_BUFFER)
			return;
		done += vradeon_pm4_execute(gpu, queue, packet, n);
	}
}

static void vradeon_pm4_map_queue(struct vradeon *gpu, const u32 *at)
{
	u32 queue = at[1] >> 13 & 7, pipe = at[1] >> 16 & 3;
	u32 engine = at[1] >> 26 & 7;
	/* 0: ME 1, the first MEC; engine 4: the graphics ring, ME 0 */
	u32 me = engine == 4 ? 0 : (at[1] >> 18 & 1) + 1;

	vradeon_engine_map_queue(gpu, at[3] | (u64)at[4] << 32,
				 at[2] & GENMASK(27, 2),
				 queue << 4 | me << 2 | pipe);
}

u32 vradeon_pm4_execute(struct vradeon *gpu, const struct vradeon_queue *queue,
			const u32 *at, u32 dwords)
{
	u32 count = PACKET3_COUNT(at[0]) + 1, i;

	if (PACKET_TYPE(at[0]) != 3)
		return 1;
	if (PACKET3_OPCODE(at[0]) == PACKET3_NOP &&
	    PACKET3_COUNT(at[0]) == NOP_ONE_DWORD)
		return 1;
	if (count >= dwords)
		return count + 1;

	switch (PACKET3_OPCODE(at[0])) {
	case PACKET3_WRITE_DATA:
		vradeon_pm4_write(gpu, queue, at, count);
		break;
	case PACKET3_WAIT_REG_MEM:
		/* operation 1: write the first register, then wait on the second */
		if ((at[1] >> 6 & 3) == 1)
			vradeon_write(gpu, at[2], at[4]);
		break;
	case PACKET3_INDIRECT_BUFFER:
		vradeon_pm4_indirect(gpu, queue, at);
		break;
	case PACKET3_COPY_DATA:
		vradeon_pm4_copy(gpu, at);
		break;
	case PACKET3_RELEASE_MEM:
		vradeon_pm4_release(gpu, queue, at);
		break;
	case PACKET3_SET_UCONFIG_REG:
		for (i = 0; i + 1 < count; i++)
			vradeon_write(gpu, SET_UCONFIG_REG_START +
				      (at[1] & 0xffff) + i, at[2 + i]);
		break;
	case PACKET3_INVALIDATE_TLBS:
		vradeon_flush_begin(gpu, at[1]);
		break;
	case PACKET3_MAP_QUEUES:
		vradeon_pm4_map_queue(gpu, at);
		break;
	case PACKET3_QUERY_STATUS:
		/* KFD's fence: the queues are unmapped */
		vradeon_mc_write(gpu, at[3] | (u64)at[4] << 32, at[5]);
		vradeon_mc_write(gpu, (at[3] | (u64)at[4] << 32) + 4, at[6]);
		break;
	}
	return count + 1;
}
