// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the table of GC versions and the MTYPE decision. Refuses to know how
 * amdgpu is built, which kernel this is, or what the user asked for.
 */
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "rocmfix_policy.h"

/*
 * Every range has an upper bound: GC 11 and 12 use the same PTE macros and
 * would be hit by a ">=". The revision is an 8-bit field, so 255 ends a minor.
 */
const struct rocmfix_policy rocmfix_policy_table[] = {
	{
		/*
		 * RDNA1, gfx1010..gfx1013. Retry is of no use: KFD refuses
		 * XNACK here, and with retry on a permission fault loops in
		 * the hardware without an interrupt. Upstream's default since
		 * e47b0056a08d ("drm/amdgpu: set noretry=1 as default for GFX
		 * 10.1.x (Navi10/12/14)").
		 */
		.gc_first = ROCMFIX_GC(10, 1, 0),
		.gc_last = ROCMFIX_GC(10, 1, 255),
		.noretry = true,
		.mtype = true,
	},
	{
		/* RDNA2, gfx1030..gfx1036. noretry is what 6.1 has already. */
		.gc_first = ROCMFIX_GC(10, 3, 0),
		.gc_last = ROCMFIX_GC(10, 3, 255),
		.noretry = true,
		.mtype = true,
	},
};

const unsigned int rocmfix_policy_count = ARRAY_SIZE(rocmfix_policy_table);

const struct rocmfix_policy *rocmfix_policy_find(u32 gc)
{
	unsigned int i;

	for (i = 0; i < rocmfix_policy_count; i++) {
		const struct rocmfix_policy *p = &rocmfix_policy_table[i];

		if (gc >= p->gc_first && gc <= p->gc_last)
			return p;
	}
	return NULL;
}

unsigned int rocmfix_policy_mtype(enum rocmfix_policy_mode mode,
				  enum rocmfix_policy_owner owner,
				  unsigned int stock)
{
	if (mode < ROCMFIX_MODE_PRIVATE || mode > ROCMFIX_MODE_ALL)
		return stock;

	/*
	 * CC can only have been requested by name, through GEM_VA: neither KFD
	 * nor a default gives it on GFX10. UC, WC and NC are requested through
	 * GEM_VA on purpose, and are kept.
	 */
	if (stock == ROCMFIX_PTE_CC)
		return mode >= ROCMFIX_MODE_DATA ? ROCMFIX_PTE_NC : stock;

	if (stock != ROCMFIX_PTE_UC)
		return stock;

	switch (owner) {
	case ROCMFIX_OWNER_SVM_VRAM:
		/*
		 * Coherent by construction: a DEVICE_PRIVATE page migrates to
		 * system memory, and this mapping is removed, before the CPU
		 * or another GPU accesses it. A peer maps it in place only
		 * inside an XGMI hive, which GFX10 does not have.
		 */
		return ROCMFIX_PTE_NC;
	case ROCMFIX_OWNER_KFD_VRAM:
	case ROCMFIX_OWNER_SVM_SYSTEM:
		/*
		 * A program requested coherence, or could rely on it: another
		 * GPU, or the CPU, may poll or set a flag there while a kernel
		 * runs. On GFX10 an atomic load bypasses L2 only where the
		 * MTYPE is UC.
		 */
		return mode >= ROCMFIX_MODE_DATA ? ROCMFIX_PTE_NC : stock;
	case ROCMFIX_OWNER_KFD_SYSTEM:
		/*
		 * Signals, queue rings and kernel arguments: the CPU writes
		 * them while the GPU runs, and NC lets the GPU's L2 keep a
		 * stale line of them.
		 */
		return mode == ROCMFIX_MODE_ALL ? ROCMFIX_PTE_NC : stock;
	case ROCMFIX_OWNER_OTHER:
		break;
	}
	return stock;
}

enum rocmfix_policy_mode rocmfix_policy_in_force(enum rocmfix_policy_mode asked,
						 enum rocmfix_policy_svm svm)
{
	if (asked == ROCMFIX_MODE_PRIVATE && svm != ROCMFIX_SVM_HOOKED)
		return ROCMFIX_MODE_STOCK;
	return asked;
}

const char *rocmfix_policy_shortfall(enum rocmfix_policy_mode asked,
				     enum rocmfix_policy_svm svm)
{
	if (asked == ROCMFIX_MODE_STOCK || svm == ROCMFIX_SVM_HOOKED)
		return "";
	if (asked == ROCMFIX_MODE_PRIVATE && svm == ROCMFIX_SVM_NONE)
		return "; private has no effect: this kernel has no SVM";
	if (asked == ROCMFIX_MODE_PRIVATE)
		return "; private has no effect: SVM does not pass get_vm_pte() in this kernel";
	if (svm == ROCMFIX_SVM_APART)
		return "; but stock for SVM, which does not pass get_vm_pte() in this kernel";
	return "";
}

const char *rocmfix_policy_svm_mode_name(enum rocmfix_policy_mode mode,
					 enum rocmfix_policy_svm svm)
{
	switch (svm) {
	case ROCMFIX_SVM_NONE:
		return "none";
	case ROCMFIX_SVM_APART:
		return rocmfix_policy_mode_name(ROCMFIX_MODE_STOCK);
	case ROCMFIX_SVM_HOOKED:
		break;
	}
	return rocmfix_policy_mode_name(mode);
}

const char *rocmfix_policy_mode_name(enum rocmfix_policy_mode mode)
{
	switch (mode) {
	case ROCMFIX_MODE_STOCK:
		return "stock";
	case ROCMFIX_MODE_PRIVATE:
		return "private";
	case ROCMFIX_MODE_DATA:
		return "data";
	case ROCMFIX_MODE_ALL:
		return "all";
	}
	return "?";
}
