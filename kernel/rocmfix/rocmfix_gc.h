/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * From amdgpu's device to the policy's GC version. Needs amdgpu.h; the one
 * thing that differs between series is in rocmfix_compat.h.
 */
#ifndef ROCMFIX_GC_H
#define ROCMFIX_GC_H

#include "amdgpu.h"
#include "rocmfix_compat.h"
#include "rocmfix_policy.h"

/* ROCMFIX_GC(); 0.0.0 on chips without a discovered GC. */
static inline u32 rocmfix_gc_version(const struct amdgpu_device *adev)
{
	u32 ver = amdgpu_ip_version(adev, GC_HWIP, 0);

	return ROCMFIX_GC(IP_VERSION_MAJ(ver), IP_VERSION_MIN(ver),
			  IP_VERSION_REV(ver));
}

#endif
