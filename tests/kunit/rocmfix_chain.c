// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Owns the one name by which a build of the driver's functions is known. */
#include "amdgpu.h"
#include "amdgpu_gmc.h"
#include "rocmfix_chain.h"
#include "rocmfix_series.h"

static u64 rocmfix_chain_pte(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			     struct amdgpu_bo *bo, u64 request, u64 flags)
{
	/* KUnit runs one test at a time */
	static struct rocmfix_series_mapping mapping;

	rocmfix_series_map(&mapping, vm, bo, request);
	rocmfix_series_get(adev, &mapping, &flags);
	return flags;
}

const struct rocmfix_chain rocmfix_chain = {
	.set_funcs = rocmfix_chain_set_funcs,
	.noretry_set = amdgpu_gmc_noretry_set,
	.kfd_request = rocmfix_chain_kfd_request,
	.gem_request = rocmfix_series_gem_request,
	.pte = rocmfix_chain_pte,
#ifdef CONFIG_HSA_AMD_SVM
	.svm_pte = rocmfix_chain_svm_pte,
#endif
};
