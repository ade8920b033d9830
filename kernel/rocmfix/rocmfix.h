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

#include <linux/types.h>

struct amdgpu_bo;
struct amdgpu_device;
struct amdgpu_vm;

/* At the end of amdgpu_gmc_noretry_set(). */
void rocmfix_noretry_set(struct amdgpu_device *adev);

/* After amdgpu_gmc_noretry_set(), before any user mapping can exist. */
void rocmfix_device_init(struct amdgpu_device *adev);

/*
 * At the end of gmc_v10_0_get_vm_pte(): @flags as the stock driver would write
 * them, for a mapping of @bo (NULL: none) of @pages 4 KiB pages into @vm.
 */
void rocmfix_pte_apply(struct amdgpu_device *adev, const struct amdgpu_vm *vm,
		       const struct amdgpu_bo *bo, u64 pages, u64 *flags);

#endif
