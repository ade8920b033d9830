/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.12: how its functions are called, and what its stock driver is known
 * to do (read in its source).
 */
#ifndef ROCMFIX_SERIES_H
#define ROCMFIX_SERIES_H

#include "amdgpu.h"
#include "amdgpu_gem.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"

/* A request is the flags of a page-table entry. */
#define rocmfix_series_kfd_request(adev, vm, mem) get_pte_flags(adev, mem)

static inline u64 rocmfix_series_gem_request(struct amdgpu_device *adev,
					     u32 va_flags)
{
	return amdgpu_gem_va_map_flags(adev, va_flags);
}

/* A mapping as get_vm_pte() is told of it. */
struct rocmfix_series_mapping {
	struct amdgpu_bo_va bo_va;
	struct amdgpu_bo_va_mapping mapping;
};

static inline void rocmfix_series_map(struct rocmfix_series_mapping *m,
				      struct amdgpu_vm *vm, struct amdgpu_bo *bo,
				      u64 request)
{
	m->bo_va.base.vm = vm;
	m->bo_va.base.bo = bo;
	m->mapping.bo_va = &m->bo_va;
	m->mapping.last = 511;
	m->mapping.flags = request;
}

static inline void rocmfix_series_get(struct amdgpu_device *adev,
				      struct rocmfix_series_mapping *m, u64 *flags)
{
	amdgpu_gmc_get_vm_pte(adev, &m->mapping, flags);
}

/* A BO's own flags make a mapping uncached; KFD sets them as it was asked. */
static const bool rocmfix_series_bo_flags_count = true;

/* SVM ranges, where there are some, do not pass get_vm_pte(). */
static const bool rocmfix_series_svm_passes;

static inline bool rocmfix_series_noretry(unsigned int major, unsigned int minor,
					  unsigned int rev)
{
	if (major == 9 && minor == 0)
		return rev == 1;
	if (major == 9 && minor == 4)
		return rev <= 4;
	if (major == 10)
		return minor >= 3;
	return major > 10;
}

#endif
