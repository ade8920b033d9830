// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the RAM that stands for the cards' memory: a range that the kernel was
 * told to leave alone (memmap=SIZE$START). Refuses RAM that the kernel uses.
 * VRAM is taken from the bottom, so that it is aligned to its size as a BAR has
 * to be; the small BARs come from the top.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "vradeon.h"

static unsigned long start = 0x40000000;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "where the reserved memory starts (default 0x40000000)");

static unsigned int size_mib = 800;
module_param(size_mib, uint, 0444);
MODULE_PARM_DESC(size_mib, "how much of it there is, in MiB (default 800)");

static phys_addr_t bottom;
static phys_addr_t top;

int vradeon_memory_init(void)
{
	size_t size = (size_t)size_mib * SZ_1M;

	if (region_intersects(start, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("vradeon: %#lx is the kernel's own; boot with memmap=%uM$%#lx\n",
		       start, size_mib, start);
		return -EBUSY;
	}
	bottom = start;
	top = start + size;
	return 0;
}

int vradeon_memory_map(struct vradeon *gpu, enum vradeon_bar bar, size_t size)
{
	struct vradeon_region *region = &gpu->bar[bar];
	phys_addr_t at;

	if (bar == VRADEON_VRAM) {
		at = ALIGN(bottom, size);
		if (at + size > top)
			return -ENOSPC;
		bottom = at + size;
		/* As amdgpu maps it: one range must not be mapped in two ways. */
		region->mem = ioremap_wc(at, size);
	} else {
		at = ALIGN_DOWN(top - size, size);
		if (at < bottom)
			return -ENOSPC;
		top = at;
		region->mem = ioremap(at, size);
	}
	if (!region->mem)
		return -ENOMEM;
	region->start = at;
	region->size = size;
	if (bar != VRADEON_VRAM)
		memset_io(region->mem, 0, size);
	return 0;
}

void vradeon_memory_unmap(struct vradeon *gpu)
{
	unsigned int i;

	for (i = 0; i < VRADEON_BARS; i++)
		if (gpu->bar[i].mem)
			iounmap(gpu->bar[i].mem);
}
