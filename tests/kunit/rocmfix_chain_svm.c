// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The driver's kfd_svm.c, whole, and the way to a static function. */
#include "../amdkfd/kfd_svm.c"
#include "rocmfix_chain.h"

/* Of a node and a range, svm_range_get_pte_flags() reads no more than this. */
struct rocmfix_chain_svm {
	struct kfd_node node;
	struct svm_range_bo bo;
	struct svm_range range;
};

u64 rocmfix_chain_svm_pte(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			  const struct rocmfix_chain_range *range)
{
	/* too large for the stack; KUnit runs one test at a time */
	static struct rocmfix_chain_svm svm;

	svm.node.adev = adev;
	svm.bo.node = &svm.node;
	svm.range.svm_bo = &svm.bo;
	svm.range.flags = range->flags;
	return svm_range_get_pte_flags(&svm.node, vm, &svm.range,
				       range->in_vram ? SVM_RANGE_VRAM_DOMAIN : 0);
}
