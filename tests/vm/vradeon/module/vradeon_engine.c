// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the queues of a card: finds the KIQ and the SDMA rings in the registers
 * that amdgpu programs, the others by the MAP_QUEUES packets that come through
 * the KIQ, and works off whatever a doorbell announces.
 */
#include "vradeon.h"

/* gc_10_1_0_offset.h, segment 0; the same in gc_10_3_0 and gc_11_0_0 */
#define CP_HQD_ACTIVE			0x1fab
#define CP_HQD_PQ_BASE			0x1fb1
#define CP_HQD_PQ_RPTR_REPORT_ADDR	0x1fb4
#define CP_HQD_PQ_DOORBELL_CONTROL	0x1fb8
#define CP_HQD_PQ_CONTROL		0x1fba

/* SDMA0_GFX_* (from GC 11 on SDMA0_QUEUE0_*), SDMA1's are 0x600 further */
#define SDMA_INSTANCE			0x600
#define SDMA_RB_CNTL			0x80
#define SDMA_RB_BASE			0x81
#define SDMA_RB_RPTR_ADDR_HI		0x88
#define SDMA_RB_RPTR_ADDR_LO		0x89
#define SDMA_DOORBELL			0x92
#define SDMA_DOORBELL_OFFSET		0xab

#define SDMA_RB_CNTL_ENABLE		BIT(0)
#define SDMA_DOORBELL_ENABLE		BIT(28)
#define DOORBELL_OFFSET			GENMASK(27, 2)

/*
 * struct v10_compute_mqd in dwords: cp_hqd_pq_base_lo and what follows. struct
 * v10_gfx_mqd has the same fields, under other names, in the same places.
 */
#define MQD_PQ_BASE			136
#define MQD_PQ_RPTR_REPORT_ADDR		139
#define MQD_PQ_CONTROL			145

/* soc15_ih_clientid.h */
#define CLIENTID_GRBM_CP		20
/* ME 2, pipe 1, queue 0: no compute ring is there */
#define RING_ID_KIQ			(2 << 2 | 1)

static struct vradeon_queue *vradeon_engine_new(struct vradeon *gpu, u32 doorbell)
{
	struct vradeon_queue *queue;
	unsigned int i;

	if (doorbell + sizeof(u64) > gpu->bar[VRADEON_DOORBELL].size)
		return NULL;
	for (i = 0; i < gpu->queue_count; i++)
		if (gpu->queue[i].doorbell == doorbell)
			break;
	if (i == VRADEON_QUEUES)
		return NULL;
	gpu->queue_count = max(gpu->queue_count, i + 1);
	queue = &gpu->queue[i];
	memset(queue, 0, sizeof(*queue));
	queue->doorbell = doorbell;
	queue->client_id = CLIENTID_GRBM_CP;
	return queue;
}

void vradeon_engine_map_queue(struct vradeon *gpu, u64 mqd, u32 doorbell,
			      u32 ring_id)
{
	struct vradeon_queue *queue = vradeon_engine_new(gpu, doorbell);
	const u32 *at = vradeon_mc_map(gpu, mqd);

	if (!queue || !at)
		return;
	queue->packets = VRADEON_PM4;
	queue->base = (at[MQD_PQ_BASE] | (u64)at[MQD_PQ_BASE + 1] << 32) << 8;
	queue->rptr_report = at[MQD_PQ_RPTR_REPORT_ADDR] |
			     (u64)at[MQD_PQ_RPTR_REPORT_ADDR + 1] << 32;
	queue->dwords = 2u << (at[MQD_PQ_CONTROL] & 0x3f);
	queue->ring_id = ring_id;
}

static void vradeon_engine_find_kiq(struct vradeon *gpu)
{
	u32 gc = le32_to_cpu(gpu->card.gc_segment0);
	struct vradeon_queue *queue;

	if (gpu->has_kiq || !(vradeon_read(gpu, gc + CP_HQD_ACTIVE) & 1))
		return;
	queue = vradeon_engine_new(gpu, vradeon_read(gpu, gc + CP_HQD_PQ_DOORBELL_CONTROL) &
				   DOORBELL_OFFSET);
	if (!queue)
		return;
	gpu->has_kiq = true;
	queue->packets = VRADEON_PM4;
	queue->base = (vradeon_read(gpu, gc + CP_HQD_PQ_BASE) |
		       (u64)vradeon_read(gpu, gc + CP_HQD_PQ_BASE + 1) << 32) << 8;
	queue->rptr_report = vradeon_read(gpu, gc + CP_HQD_PQ_RPTR_REPORT_ADDR) |
			     (u64)vradeon_read(gpu, gc + CP_HQD_PQ_RPTR_REPORT_ADDR + 1) << 32;
	queue->dwords = 2u << (vradeon_read(gpu, gc + CP_HQD_PQ_CONTROL) & 0x3f);
	queue->ring_id = RING_ID_KIQ;
}

static void vradeon_engine_find_sdma(struct vradeon *gpu, unsigned int instance)
{
	u32 sdma = le32_to_cpu(gpu->card.gc_segment0) + instance * SDMA_INSTANCE;
	u32 cntl = vradeon_read(gpu, sdma + SDMA_RB_CNTL);
	struct vradeon_queue *queue;

	if (gpu->has_sdma[instance] || !(cntl & SDMA_RB_CNTL_ENABLE) ||
	    !(vradeon_read(gpu, sdma + SDMA_DOORBELL) & SDMA_DOORBELL_ENABLE))
		return;
	queue = vradeon_engine_new(gpu, vradeon_read(gpu, sdma + SDMA_DOORBELL_OFFSET) &
				   DOORBELL_OFFSET);
	if (!queue)
		return;
	gpu->has_sdma[instance] = true;
	queue->packets = VRADEON_SDMA;
	queue->base = (vradeon_read(gpu, sdma + SDMA_RB_BASE) |
		       (u64)vradeon_read(gpu, sdma + SDMA_RB_BASE + 1) << 32) << 8;
	queue->rptr_report = vradeon_read(gpu, sdma + SDMA_RB_RPTR_ADDR_LO) |
			     (u64)vradeon_read(gpu, sdma + SDMA_RB_RPTR_ADDR_HI) << 32;
	queue->dwords = 1u << (cntl >> 1 & 0x1f);
	queue->client_id = gpu->card.sdma_client_id[instance];
	queue->ring_id = instance ? gpu->card.sdma1_ring_id : 0;
}

static void vradeon_engine_work(struct vradeon *gpu, struct vradeon_queue *queue)
{
	bool sdma = queue->packets == VRADEON_SDMA;
	bool kiq = queue->ring_id == RING_ID_KIQ && !sdma;
	u64 doorbell = readq(gpu->bar[VRADEON_DOORBELL].mem + queue->doorbell);
	/* SDMA counts in bytes */
	u32 wptr = (sdma ? doorbell >> 2 : doorbell) & (queue->dwords - 1);
	u32 packet[64];

	if (queue->rptr == wptr)
		return;
	while (queue->rptr != wptr && !(kiq && vradeon_flush_is_running(gpu))) {
		u32 left = (wptr - queue->rptr) & (queue->dwords - 1);
		u32 i, n = min_t(u32, left, ARRAY_SIZE(packet));

		for (i = 0; i < n; i++)
			packet[i] = vradeon_mc_read(gpu, queue->base +
				((queue->rptr + i) & (queue->dwords - 1)) * sizeof(u32));
		n = sdma ? vradeon_sdma_execute(gpu, queue, packet, n) :
			   vradeon_pm4_execute(gpu, queue, packet, n);
		queue->rptr = (queue->rptr + min(n, left)) & (queue->dwords - 1);
	}
	vradeon_mc_write(gpu, queue->rptr_report,
			 sdma ? queue->rptr << 2 : queue->rptr);
}

/* No earlier queue is read any more: its memory is the kernel's again. */
void vradeon_engine_reset(struct vradeon *gpu)
{
	gpu->queue_count = 0;
	gpu->has_kiq = false;
	memset(gpu->has_sdma, 0, sizeof(gpu->has_sdma));
	gpu->interrupt = false;
	gpu->flush_until = 0;
}

void vradeon_engine_run(struct vradeon *gpu)
{
	unsigned int i;

	vradeon_flush_is_running(gpu);
	vradeon_engine_find_kiq(gpu);
	vradeon_engine_find_sdma(gpu, 0);
	vradeon_engine_find_sdma(gpu, 1);
	for (i = 0; i < gpu->queue_count; i++)
		vradeon_engine_work(gpu, &gpu->queue[i]);
	vradeon_ih_flush(gpu);
}
