// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the warnings about parameter values. Refuses to change a value: the
 * user's setting stands, he is told what it means. Every sentence says what the
 * driver's code does (amdgpu_vm.c, amdgpu_vm_pt.c, gfxhub_v2_*.c); none says
 * what it would do to a program.
 */
#include <linux/kernel.h>

#include "amdgpu.h"
#include "rocmfix_advice.h"

/* By value: bit 0 is graphics, bit 1 compute. -1, the driver's choice, is fine. */
static const char *const rocmfix_advice_update[] = {
	[0] =
		"is the default unless the CPU sees all VRAM; there it makes SDMA write compute's page tables, and no benefit of that is known",
	[1] =
		"makes the CPU write the page tables of graphics, which no default does; unless it sees all VRAM the driver advises against it",
	[2] =
		"is the default where the CPU sees all VRAM; elsewhere the driver itself advises against it",
	[3] =
		"makes the CPU write the page tables of graphics too, which no default does; unless it sees all VRAM the driver advises against it",
};

static void rocmfix_advice_say(const struct amdgpu_device *adev,
			       const char *name, int value, const char *advice)
{
	dev_warn(adev->dev, "rocmfix: amdgpu.%s=%d %s\n", name, value, advice);
}

void rocmfix_advice_log(const struct amdgpu_device *adev,
			enum rocmfix_policy_mode mode)
{
	if (!amdgpu_noretry)
		rocmfix_advice_say(adev, "noretry", amdgpu_noretry,
				   "keeps retry on: a permission fault then loops in the hardware and is never reported (upstream commit e47b0056a08d)");

	/* The driver has put anything but 4..9 back to -1, with its own warning. */
	if (amdgpu_vm_fragment_size != -1)
		rocmfix_advice_say(adev, "vm_fragment_size",
				   amdgpu_vm_fragment_size,
				   "does not change this GPU's page tables: the driver heeds it before Vega only");

	if (amdgpu_vm_update_mode >= 0 &&
	    amdgpu_vm_update_mode < ARRAY_SIZE(rocmfix_advice_update))
		rocmfix_advice_say(adev, "vm_update_mode",
				   amdgpu_vm_update_mode,
				   rocmfix_advice_update[amdgpu_vm_update_mode]);
	else if (amdgpu_vm_update_mode != -1)
		rocmfix_advice_say(adev, "vm_update_mode",
				   amdgpu_vm_update_mode,
				   "is none of -1, 0, 1, 2, 3: its two lowest bits count");

	if (mode == ROCMFIX_MODE_ALL)
		rocmfix_advice_say(adev, "rocmfix_mtype", mode,
				   "is experimental: the GPU may see stale signals and hang; private is the default");
}
