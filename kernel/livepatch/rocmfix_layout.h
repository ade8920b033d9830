/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The fields of amdgpu's private structures that the livepatch touches: struct, field.
 * dkms/check-layout compares their places in the source with those in the stock
 * amdgpu.ko; tests/patches/check finds those that are missing here. No include guard:
 * included where ROCMFIX_FIELD() is defined.
 */
ROCMFIX_FIELD(amdgpu_device, dev);
ROCMFIX_FIELD(amdgpu_device, ddev);
ROCMFIX_FIELD(amdgpu_device, gmc);
ROCMFIX_FIELD(amdgpu_device, ip_versions);
ROCMFIX_FIELD(amdgpu_device, rev_id);
ROCMFIX_FIELD(amdgpu_device, virt);
ROCMFIX_FIELD(amdgpu_gmc, noretry);
ROCMFIX_FIELD(amdgpu_virt, caps);
ROCMFIX_FIELD(amdgpu_vm, is_compute_context);
ROCMFIX_FIELD(amdgpu_bo, tbo);
ROCMFIX_FIELD(amdgpu_bo, flags);
ROCMFIX_FIELD(amdgpu_bo, kfd_bo);
ROCMFIX_FIELD(amdgpu_bo_va_mapping, bo_va);
ROCMFIX_FIELD(amdgpu_bo_va_mapping, flags);
ROCMFIX_FIELD(amdgpu_bo_va, base);
ROCMFIX_FIELD(amdgpu_vm_bo_base, vm);
ROCMFIX_FIELD(amdgpu_vm_bo_base, bo);
ROCMFIX_FIELD(ttm_buffer_object, type);
