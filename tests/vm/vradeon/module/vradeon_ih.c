// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the interrupt ring: an entry is written where IH_RB_BASE says, the write
 * pointer after it, and the function's MSI handler runs. A real MSI comes by
 * hardware; here irq_work provides the hard interrupt that its handler wants.
 */
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "vradeon.h"

/* osssys_5_0_0_offset.h, relative to segment 0; the same in osssys_6_0_0 */
#define IH_RB_CNTL		0x80
#define IH_RB_BASE		0x81
#define IH_RB_BASE_HI		0x82
#define IH_RB_WPTR		0x84
#define IH_RB_WPTR_ADDR_HI	0x85
#define IH_RB_WPTR_ADDR_LO	0x86

#define IH_RB_CNTL_ENABLE	BIT(0)
#define IH_RB_CNTL_SIZE(cntl)	((cntl) >> 1 & 0x1f)	/* log2, dwords */
#define IH_RB_CNTL_SPACE(cntl)	((cntl) >> 28 & 0xf)
#define IH_RB_CNTL_SPACE_GPU	4

#define IV_DWORDS		8

static u32 vradeon_ih_register(const struct vradeon *gpu, u32 index)
{
	return le32_to_cpu(gpu->card.osssys_segment0) + index;
}

static u32 *vradeon_ih_map(const struct vradeon *gpu, u32 cntl, u64 address)
{
	/* else a bus address, which is physical: there is no IOMMU */
	if (IH_RB_CNTL_SPACE(cntl) == IH_RB_CNTL_SPACE_GPU)
		return vradeon_mc_map(gpu, address);
	return pfn_valid(PHYS_PFN(address)) ? phys_to_virt(address) : NULL;
}

void vradeon_ih_add(struct vradeon *gpu, u8 client_id, u8 src_id, u8 ring_id,
		    u32 data)
{
	u32 cntl = vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_CNTL));
	u32 wptr = vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_WPTR));
	u32 size = sizeof(u32) << IH_RB_CNTL_SIZE(cntl);
	u64 base = vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_BASE)) |
		   (u64)vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_BASE_HI)) << 32;
	u64 report = vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_WPTR_ADDR_LO)) |
		     (u64)vradeon_read(gpu, vradeon_ih_register(gpu, IH_RB_WPTR_ADDR_HI)) << 32;
	u32 *entry, *written;

	if (!(cntl & IH_RB_CNTL_ENABLE))
		return;
	/* base is in units of 256 bytes, wptr in bytes */
	entry = vradeon_ih_map(gpu, cntl, (base << 8) + (wptr & (size - 1)));
	written = vradeon_ih_map(gpu, cntl, report);
	if (!entry || !written)
		return;
	memset(entry, 0, IV_DWORDS * sizeof(*entry));
	entry[0] = client_id | src_id << 8 | ring_id << 16;
	entry[4] = data;
	wptr = (wptr + IV_DWORDS * sizeof(*entry)) & (size - 1);
	vradeon_write(gpu, vradeon_ih_register(gpu, IH_RB_WPTR), wptr);
	/* The entry before the pointer, for who polls without an interrupt. */
	smp_store_release(written, wptr);
	gpu->interrupt = true;
}

static void vradeon_ih_raise(struct irq_work *work)
{
	struct vradeon *gpu = container_of(work, struct vradeon, irq_work);

	if (gpu->pdev && gpu->pdev->irq)
		generic_handle_irq(gpu->pdev->irq);
}

void vradeon_ih_flush(struct vradeon *gpu)
{
	if (!gpu->interrupt)
		return;
	gpu->interrupt = false;
	/* one that is pending yet will see the new entry, too */
	irq_work_queue(&gpu->irq_work);
}

void vradeon_ih_init(struct vradeon *gpu)
{
	init_irq_work(&gpu->irq_work, vradeon_ih_raise);
}
