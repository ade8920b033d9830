/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.8 and 6.12: what their livepatches touch in addition to
 * livepatch/rocmfix_layout.h, in the functions of upstream's fixes.
 */
ROCMFIX_FIELD(amdgpu_device, family);
ROCMFIX_FIELD(amdgpu_device, gfx);
ROCMFIX_FIELD(amdgpu_device, reset_domain);
ROCMFIX_FIELD(amdgpu_device, usec_timeout);
ROCMFIX_FIELD(amdgpu_fence_driver, cpu_addr);
ROCMFIX_FIELD(amdgpu_fence_driver, gpu_addr);
ROCMFIX_FIELD(amdgpu_fence_driver, last_seq);
ROCMFIX_FIELD(amdgpu_fence_driver, num_fences_mask);
ROCMFIX_FIELD(amdgpu_fence_driver, sync_seq);
ROCMFIX_FIELD(amdgpu_gfx, kiq);
ROCMFIX_FIELD(amdgpu_gmc, flush_pasid_uses_kiq);
ROCMFIX_FIELD(amdgpu_gmc, flush_tlb_needs_extra_type_0);
ROCMFIX_FIELD(amdgpu_gmc, flush_tlb_needs_extra_type_2);
ROCMFIX_FIELD(amdgpu_gmc, gmc_funcs);
ROCMFIX_FIELD(amdgpu_gmc_funcs, flush_gpu_tlb_pasid);
ROCMFIX_FIELD(amdgpu_kiq, pmf);
ROCMFIX_FIELD(amdgpu_kiq, ring);
ROCMFIX_FIELD(amdgpu_kiq, ring_lock);
ROCMFIX_FIELD(amdgpu_reset_domain, in_gpu_reset);
ROCMFIX_FIELD(amdgpu_reset_domain, sem);
ROCMFIX_FIELD(amdgpu_ring, count_dw);
ROCMFIX_FIELD(amdgpu_ring, fence_drv);
ROCMFIX_FIELD(amdgpu_ring, funcs);
ROCMFIX_FIELD(amdgpu_ring, max_dw);
ROCMFIX_FIELD(amdgpu_ring, sched);
ROCMFIX_FIELD(amdgpu_ring, wptr);
ROCMFIX_FIELD(amdgpu_ring, wptr_old);
ROCMFIX_FIELD(amdgpu_ring_funcs, align_mask);
ROCMFIX_FIELD(amdgpu_ring_funcs, begin_use);
ROCMFIX_FIELD(amdgpu_ring_funcs, emit_fence);
ROCMFIX_FIELD(amdgpu_ring_funcs, end_use);
ROCMFIX_FIELD(amdgpu_ring_funcs, insert_nop);
ROCMFIX_FIELD(amdgpu_ring_funcs, set_wptr);
ROCMFIX_FIELD(amdgpu_vm, kfd_last_flushed_seq);
ROCMFIX_FIELD(amdgpu_vm, last_tlb_flush);
ROCMFIX_FIELD(amdgpu_vm, pasid);
ROCMFIX_FIELD(amdgpu_vm, tlb_seq);
ROCMFIX_FIELD(kiq_pm4_funcs, invalidate_tlbs_size);
ROCMFIX_FIELD(kiq_pm4_funcs, kiq_invalidate_tlbs);
