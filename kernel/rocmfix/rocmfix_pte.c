// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the way from a mapping in amdgpu's terms to the policy's, and back into
 * the MTYPE bits of the entry. Refuses to touch any other bit, any entry that
 * is not valid, and anything but user page tables: GART entries and VMID 0
 * never pass get_vm_pte().
 */
#include <linux/bitfield.h>

#include "amdgpu.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"
#include "rocmfix.h"
#include "rocmfix_device.h"
#include "rocmfix_policy.h"

static enum rocmfix_policy_owner
rocmfix_pte_owner(const struct amdgpu_vm *vm, const struct amdgpu_bo *bo,
		  u64 flags)
{
	/*
	 * A graphics context that imported a KFD BO still means what it asks
	 * for through GEM_VA: the VM decides first, the BO second.
	 */
	if (!vm->is_compute_context)
		return ROCMFIX_OWNER_OTHER;

	/*
	 * A valid entry without a BO is an SVM range: KFD asks for those with
	 * no BO at all. The other mapping without a BO is PRT, and PRT entries
	 * are not valid. In VRAM is in this GPU's own VRAM: without XGMI
	 * svm_range_map_to_gpus() refuses to map a peer's.
	 */
	if (!bo)
		return flags & AMDGPU_PTE_SYSTEM ? ROCMFIX_OWNER_SVM_SYSTEM :
						   ROCMFIX_OWNER_SVM_VRAM;

	/*
	 * No kfd_bo: KFD maps it, but it is not KFD's. Imports from graphics
	 * (KFD asks for NC there anyway), and the stand-ins that KFD makes for
	 * a peer's VRAM, a peer's USERPTR or MMIO: another device writes that
	 * memory behind this GPU's L2, so UC is right. A BO that another
	 * process exported keeps its kfd_bo, and gets what its owner gets.
	 *
	 * An sg BO with kfd_bo is a doorbell page: a store has to leave the
	 * GPU at once, so never cached, in no mode.
	 */
	if (!bo->kfd_bo || bo->tbo.type == ttm_bo_type_sg)
		return ROCMFIX_OWNER_OTHER;

	/*
	 * Where the entry points counts, not where the BO would like to be: a
	 * VRAM BO evicted to system memory is treated as what it is by then,
	 * and again as VRAM when KFD moves it back and maps it again.
	 */
	return flags & AMDGPU_PTE_SYSTEM ? ROCMFIX_OWNER_KFD_SYSTEM :
					   ROCMFIX_OWNER_KFD_VRAM;
}

void rocmfix_pte_decide(struct amdgpu_device *adev, const struct amdgpu_vm *vm,
			const struct amdgpu_bo *bo, u64 *flags)
{
	unsigned int stock, mtype;

	/* Unmapped, evicted to where the GPU cannot reach it, or PRT. */
	if (!(*flags & AMDGPU_PTE_VALID))
		return;

	stock = FIELD_GET(AMDGPU_PTE_MTYPE_NV10_MASK, *flags);
	mtype = rocmfix_device_mtype(adev, rocmfix_pte_owner(vm, bo, *flags),
				     stock);

	*flags &= ~AMDGPU_PTE_MTYPE_NV10_MASK;
	*flags |= FIELD_PREP(AMDGPU_PTE_MTYPE_NV10_MASK, (u64)mtype);
}
