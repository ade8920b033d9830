// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the translation of VMID 0, the driver's own address space: VRAM where
 * the frame buffer was placed, AGP (system memory as it is), GART (one level of
 * page table in VRAM). All read out of the registers that amdgpu wrote. Knows
 * no other VMID: what a user's job would do is not done here.
 */
#include <linux/mm.h>

#include "vradeon.h"

/* relative to MMMC_VM_FB_LOCATION_BASE, in units of 16 MiB */
#define MC_AGP_TOP		2
#define MC_AGP_BOT		3
#define MC_AGP_BASE		4
/* relative to MMVM_CONTEXT0_PAGE_TABLE_BASE_ADDR_LO32 */
#define VM_PAGE_TABLE_START	0x20
#define VM_PAGE_TABLE_END	0x40

#define PTE_VALID		BIT_ULL(0)
#define PTE_SYSTEM		BIT_ULL(1)
#define PTE_ADDRESS		GENMASK_ULL(47, 12)

static u64 vradeon_mc_read64(const struct vradeon *gpu, u32 index)
{
	return vradeon_read(gpu, index) |
	       (u64)vradeon_read(gpu, index + 1) << 32;
}

static void *vradeon_mc_system(phys_addr_t address)
{
	return pfn_valid(PHYS_PFN(address)) ? phys_to_virt(address) : NULL;
}

/* The mapping is write-combined RAM: as good as memory on x86. */
static void *vradeon_mc_vram(const struct vradeon *gpu, u64 offset)
{
	if (offset >= gpu->bar[VRADEON_VRAM].size)
		return NULL;
	return (void __force *)gpu->bar[VRADEON_VRAM].mem + offset;
}

static void *vradeon_mc_gart(const struct vradeon *gpu, u64 address)
{
	u32 context = le32_to_cpu(gpu->card.context0_page_table_base);
	u64 table = vradeon_mc_read64(gpu, context) & PTE_ADDRESS;
	u64 start = vradeon_mc_read64(gpu, context + VM_PAGE_TABLE_START);
	u64 end = vradeon_mc_read64(gpu, context + VM_PAGE_TABLE_END);
	u64 page = address >> 12;
	const u64 *pte;

	if (page < start || page > end)
		return NULL;
	pte = vradeon_mc_vram(gpu, table + (page - start) * sizeof(*pte));
	if (!pte || !(*pte & PTE_VALID))
		return NULL;
	address = (*pte & PTE_ADDRESS) | (address & ~PAGE_MASK);
	return *pte & PTE_SYSTEM ? vradeon_mc_system(address) :
				   vradeon_mc_vram(gpu, address);
}

void *vradeon_mc_map(const struct vradeon *gpu, u64 address)
{
	u32 fb = le32_to_cpu(gpu->card.fb_location_base);
	u64 vram = (u64)vradeon_read(gpu, fb) << 24;
	u64 agp_bottom = (u64)vradeon_read(gpu, fb + MC_AGP_BOT) << 24;
	u64 agp_top = (u64)(vradeon_read(gpu, fb + MC_AGP_TOP) + 1) << 24;
	u64 agp_base = (u64)vradeon_read(gpu, fb + MC_AGP_BASE) << 24;

	if (address >= vram && address - vram < gpu->bar[VRADEON_VRAM].size)
		return vradeon_mc_vram(gpu, address - vram);
	if (address >= agp_bottom && address < agp_top)
		return vradeon_mc_system(address - agp_bottom + agp_base);
	return vradeon_mc_gart(gpu, address);
}

u32 vradeon_mc_read(const struct vradeon *gpu, u64 address)
{
	const u32 *at = vradeon_mc_map(gpu, address & ~3ull);

	return at ? READ_ONCE(*at) : 0;
}

void vradeon_mc_write(const struct vradeon *gpu, u64 address, u32 value)
{
	u32 *at = vradeon_mc_map(gpu, address & ~3ull);

	if (at)
		WRITE_ONCE(*at, value);
}
