/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The hooks: everything that amdgpu's own files call in rocmfix, and all that
 * a patch of a series may include. Each is one statement at its call site,
 * returns nothing (a hook must not make a probe or a mapping fail), and does
 * nothing at all when amdgpu.rocmfix=0 or the GPU is not in the policy table,
 * except that rocmfix_device_init() says so.
 */
#ifndef ROCMFIX_H
#define ROCMFIX_H

#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/types.h>

struct amdgpu_bo;
struct amdgpu_device;
struct amdgpu_vm;

/* At the end of amdgpu_gmc_noretry_set(). */
void rocmfix_noretry_set(struct amdgpu_device *adev);

/* After amdgpu_gmc_noretry_set(), before any user mapping can exist. */
void rocmfix_device_init(struct amdgpu_device *adev);

/* On while there is a GPU whose MTYPE the policy chooses (rocmfix_device.c). */
DECLARE_STATIC_KEY_FALSE(rocmfix_pte_key);

/*
 * UC (3) and CC (2) have this bit of the MTYPE set, NC (0) and WC (1) do not. No
 * policy changes NC or WC, so most mappings need no further check.
 */
#define ROCMFIX_PTE_MTYPE_UC_OR_CC BIT_ULL(49)

/* The rest of rocmfix_pte_apply(): not a hook. */
void rocmfix_pte_decide(struct amdgpu_device *adev, const struct amdgpu_vm *vm,
			const struct amdgpu_bo *bo, u64 *flags);

/*
 * At the end of gmc_v10_0_get_vm_pte(): @flags as the stock driver would write
 * them, for a mapping of @bo (NULL: none) into @vm. Any context. Costs a NOP
 * where the policy has nothing to say on this machine.
 */
static inline void rocmfix_pte_apply(struct amdgpu_device *adev,
				     const struct amdgpu_vm *vm,
				     const struct amdgpu_bo *bo, u64 *flags)
{
	if (static_branch_unlikely(&rocmfix_pte_key) &&
	    (*flags & ROCMFIX_PTE_MTYPE_UC_OR_CC))
		rocmfix_pte_decide(adev, vm, bo, flags);
}

#endif
