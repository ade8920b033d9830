/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The driver's way from a mapping to the bits of its page-table entry, step by
 * step, and the retry default. It exists twice in the test module: compiled
 * from the patched source, and from the stock source.
 */
#ifndef ROCMFIX_CHAIN_H
#define ROCMFIX_CHAIN_H

#include <linux/types.h>

struct amdgpu_bo;
struct amdgpu_device;
struct amdgpu_vm;
struct kgd_mem;

/* An SVM range as svm_range_get_pte_flags() reads it. */
struct rocmfix_chain_range {
	u32 flags;		/* KFD_IOCTL_SVM_FLAG_* */
	bool in_vram;		/* of the GPU that maps it */
};

struct rocmfix_chain {
	/* Gives @adev the page-table functions of GFX10. */
	void (*set_funcs)(struct amdgpu_device *adev);
	void (*noretry_set)(struct amdgpu_device *adev);
	/* What KFD asks for @mem; what GEM_VA asks for. In the series' own form. */
	u64 (*kfd_request)(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			   struct kgd_mem *mem);
	u64 (*gem_request)(struct amdgpu_device *adev, u32 va_flags);
	/* @flags: what is known of the memory (valid, system) before that. */
	u64 (*pte)(struct amdgpu_device *adev, struct amdgpu_vm *vm,
		   struct amdgpu_bo *bo, u64 request, u64 flags);
	/* NULL where the kernel has no SVM. */
	u64 (*svm_pte)(struct amdgpu_device *adev, struct amdgpu_vm *vm,
		       const struct rocmfix_chain_range *range);
};

extern const struct rocmfix_chain rocmfix_chain;
/* The same in stock.o, where all names begin so. */
extern const struct rocmfix_chain stock_rocmfix_chain;

/* The steps that are static in the driver: each in the file that includes it. */
void rocmfix_chain_set_funcs(struct amdgpu_device *adev);
u64 rocmfix_chain_kfd_request(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			      struct kgd_mem *mem);
u64 rocmfix_chain_svm_pte(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			  const struct rocmfix_chain_range *range);

#endif
