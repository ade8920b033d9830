/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.1: what kernel/rocmfix/ takes for granted and this series lacks.
 * prepare-source copies it beside the rocmfix files.
 */
#ifndef ROCMFIX_COMPAT_H
#define ROCMFIX_COMPAT_H

#include "amdgpu.h"

/* Later series have it, over a table that carries more bits. */
static inline u32 amdgpu_ip_version(const struct amdgpu_device *adev, u8 ip,
				    u8 inst)
{
	return adev->ip_versions[ip][inst];
}

#endif
