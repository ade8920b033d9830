// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The driver's amdgpu_amdkfd_gpuvm.c, whole, and the way to a static function. */
#include "amdgpu_amdkfd_gpuvm.c"
#include "rocmfix_chain.h"
#include "rocmfix_series.h"

u64 rocmfix_chain_kfd_request(struct amdgpu_device *adev, struct amdgpu_vm *vm,
			      struct kgd_mem *mem)
{
	return rocmfix_series_kfd_request(adev, vm, mem);
}
