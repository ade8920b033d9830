// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The SDMA engine in linear: writes, copies, fills, page-table entries, fences.
 * Waits are over at once. Packets are those of navi10_sdma_pkt_open.h; one that
 * is not known is treated as one dword of NOP.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "vradeon.h"

#define SDMA_OP_NOP		0
#define SDMA_OP_COPY		1
#define SDMA_OP_WRITE		2
#define SDMA_OP_INDIRECT	4
#define SDMA_OP_FENCE		5
#define SDMA_OP_TRAP		6
#define SDMA_OP_POLL_REGMEM	8
#define SDMA_OP_COND_EXE	9
#define SDMA_OP_ATOMIC		10
#define SDMA_OP_CONST_FILL	11
#define SDMA_OP_PTEPDE		12
#define SDMA_OP_TIMESTAMP	13
#define SDMA_OP_SRBM_WRITE	14
#define SDMA_OP_GPUVM_INV	16
#define SDMA_OP_GCR_REQ		17

static u64 vradeon_sdma_address(const u32 *at)
{
	return at[0] | (u64)at[1] << 32;
}

/* As much as is left of both pages. */
static u32 vradeon_sdma_step(u64 a, u64 b, u32 bytes)
{
	return min3((u32)(PAGE_SIZE - offset_in_page(a)),
		    (u32)(PAGE_SIZE - offset_in_page(b)), bytes);
}

static void vradeon_sdma_copy(struct vradeon *gpu, u64 from, u64 to, u32 bytes)
{
	u32 n;

	for (; bytes; bytes -= n, from += n, to += n) {
		const void *source = vradeon_mc_map(gpu, from);
		void *target = vradeon_mc_map(gpu, to);

		n = vradeon_sdma_step(from, to, bytes);
		if (source && target)
			memcpy(target, source, n);
	}
}

static void vradeon_sdma_fill(struct vradeon *gpu, u64 to, u32 value, u32 bytes)
{
	u32 n;

	for (; bytes; bytes -= n, to += n) {
		void *target = vradeon_mc_map(gpu, to);

		n = vradeon_sdma_step(to, to, bytes);
		if (target)
			memset32(target, value, n / sizeof(u32));
	}
}

static void vradeon_sdma_ptes(struct vradeon *gpu, const u32 *at)
{
	u64 to = vradeon_sdma_address(at + 1);
	u64 flags = vradeon_sdma_address(at + 3);
	u64 value = vradeon_sdma_address(at + 5);
	u32 i, step = at[7], count = (at[9] & 0x7ffff) + 1;

	for (i = 0; i < count; i++, to += sizeof(u64), value += step) {
		vradeon_mc_write(gpu, to, lower_32_bits(value | flags));
		vradeon_mc_write(gpu, to + 4, upper_32_bits(value | flags));
	}
}

static void vradeon_sdma_indirect(struct vradeon *gpu,
				  const struct vradeon_queue *queue, const u32 *at)
{
	u64 address = vradeon_sdma_address(at + 1) & ~0x1full;
	u32 vmid = at[0] >> 16 & 0xf, dwords = at[3] & 0xfffff, done = 0;
	u32 packet[16];

	/* A user's commands: there is no engine that could run them. */
	if (vmid)
		return;
	while (done < dwords) {
		u64 here = address + done * sizeof(u32);
		u32 i, n = min_t(u32, dwords - done, ARRAY_SIZE(packet));

		for (i = 0; i < n; i++)
			packet[i] = vradeon_mc_read(gpu, here + i * sizeof(u32));
		if ((packet[0] & 0xff) == SDMA_OP_WRITE && n > 4) {
			/* the one packet that can be longer than our buffer */
			n = (packet[3] & 0xfffff) + 1;
			vradeon_sdma_copy(gpu, here + 4 * sizeof(u32),
					  vradeon_sdma_address(packet + 1),
					  n * sizeof(u32));
			done += n + 4;
			continue;
		}
		if ((packet[0] & 0xff) == SDMA_OP_INDIRECT)
			return;
		done += vradeon_sdma_execute(gpu, queue, packet, n);
	}
}

static u32 vradeon_sdma_length(const u32 *at, u32 dwords)
{
	switch (at[0] & 0xff) {
	case SDMA_OP_NOP:
		return (at[0] >> 16 & 0x3fff) + 1;
	case SDMA_OP_COPY:
		return 7;
	case SDMA_OP_WRITE:
		return dwords > 3 ? (at[3] & 0xfffff) + 5 : dwords;
	case SDMA_OP_INDIRECT:
	case SDMA_OP_POLL_REGMEM:
		return 6;
	case SDMA_OP_FENCE:
	case SDMA_OP_GPUVM_INV:
		return 4;
	case SDMA_OP_TRAP:
		return 2;
	case SDMA_OP_COND_EXE:
	case SDMA_OP_CONST_FILL:
	case SDMA_OP_GCR_REQ:
		return 5;
	case SDMA_OP_ATOMIC:
		return 8;
	case SDMA_OP_PTEPDE:
		return 10;
	case SDMA_OP_TIMESTAMP:
	case SDMA_OP_SRBM_WRITE:
		return 3;
	}
	return 1;
}

u32 vradeon_sdma_execute(struct vradeon *gpu, const struct vradeon_queue *queue,
			 const u32 *at, u32 dwords)
{
	u32 i, length = vradeon_sdma_length(at, dwords);

	if (length > dwords)
		return length;
	switch (at[0] & 0xff) {
	case SDMA_OP_COPY:
		vradeon_sdma_copy(gpu, vradeon_sdma_address(at + 3),
				  vradeon_sdma_address(at + 5),
				  (at[1] & 0x3fffffff) + 1);
		break;
	case SDMA_OP_WRITE:
		for (i = 4; i < length; i++)
			vradeon_mc_write(gpu, vradeon_sdma_address(at + 1) +
					 (i - 4) * sizeof(u32), at[i]);
		break;
	case SDMA_OP_INDIRECT:
		vradeon_sdma_indirect(gpu, queue, at);
		break;
	case SDMA_OP_FENCE:
		vradeon_mc_write(gpu, vradeon_sdma_address(at + 1), at[3]);
		break;
	case SDMA_OP_TRAP:
		vradeon_ih_add(gpu, queue->client_id, gpu->card.sdma_trap_src_id,
			       queue->ring_id, at[1]);
		break;
	case SDMA_OP_CONST_FILL:
		vradeon_sdma_fill(gpu, vradeon_sdma_address(at + 1), at[3],
				  (at[4] & 0x3fffffff) + 1);
		break;
	case SDMA_OP_PTEPDE:
		vradeon_sdma_ptes(gpu, at);
		break;
	case SDMA_OP_SRBM_WRITE:
		vradeon_write(gpu, at[1] & 0x3ffff, at[2]);
		break;
	}
	return length;
}
