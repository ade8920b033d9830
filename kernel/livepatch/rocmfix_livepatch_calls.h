/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the functions in livepatch_functions.h call, amdgpu does not export, and
 * is too much to be taken along, or not of the form that extract-functions reads:
 * each by the pointer that amdgpu's own structures have to the same function, or
 * by what it consists of. In a series whose functions do not call it, it is unused.
 */
#ifndef ROCMFIX_LIVEPATCH_CALLS_H
#define ROCMFIX_LIVEPATCH_CALLS_H

#include "amdgpu.h"
#include "amdgpu_amdkfd.h"
#include "amdgpu_gmc.h"
#include "amdgpu_reset.h"
#include "kfd_device_queue_manager.h"
#include "kfd_priv.h"

#define gmc_v10_0_flush_gpu_tlb(adev, vmid, vmhub, type) \
	amdgpu_gmc_flush_gpu_tlb(adev, vmid, vmhub, type)

/* KFD has its own copy of the function, and is the only one that gets here. */
static inline bool rocmfix_livepatch_get_pasid(struct amdgpu_device *adev,
					       u8 vmid, u16 *pasid)
{
	return adev->kfd.dev->kfd2kgd->get_atc_vmid_pasid_mapping_info(adev, vmid,
								       pasid);
}

#define gmc_v10_0_get_atc_vmid_pasid_mapping_info rocmfix_livepatch_get_pasid

#define amdgpu_in_reset(adev) \
	atomic_read(&(adev)->reset_domain->in_gpu_reset)

#endif
