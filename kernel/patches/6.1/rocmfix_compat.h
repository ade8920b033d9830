/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.1 and 6.6: what kernel/rocmfix/ has to be told of these series, and what
 * the common files take for granted and they lack. prepare-source copies it to the
 * rocmfix files.
 */
#ifndef ROCMFIX_COMPAT_H
#define ROCMFIX_COMPAT_H

#include "amdgpu.h"

/* svm_range_get_pte_flags() makes the whole entry itself. */
#define ROCMFIX_SVM_PASSES_GET_VM_PTE 0

/* Later series have it, over a table that carries more bits. */
static inline u32 amdgpu_ip_version(const struct amdgpu_device *adev, u8 ip,
				    u8 inst)
{
	return adev->ip_versions[ip][inst];
}

#endif
