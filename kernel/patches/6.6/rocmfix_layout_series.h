/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Series 6.6: what its livepatch touches in addition to livepatch/rocmfix_layout.h, in
 * the functions of upstream's fixes.
 */
ROCMFIX_FIELD(amdgpu_device, enable_mes);
ROCMFIX_FIELD(amdgpu_device, family);
ROCMFIX_FIELD(amdgpu_device, gfx);
ROCMFIX_FIELD(amdgpu_device, kfd);
ROCMFIX_FIELD(amdgpu_device, reset_domain);
ROCMFIX_FIELD(amdgpu_device, usec_timeout);
ROCMFIX_FIELD(amdgpu_device, vmhubs_mask);
ROCMFIX_FIELD(amdgpu_fence_driver, cpu_addr);
ROCMFIX_FIELD(amdgpu_fence_driver, gpu_addr);
ROCMFIX_FIELD(amdgpu_fence_driver, last_seq);
ROCMFIX_FIELD(amdgpu_fence_driver, num_fences_mask);
ROCMFIX_FIELD(amdgpu_fence_driver, sync_seq);
ROCMFIX_FIELD(amdgpu_fpriv, vm);
ROCMFIX_FIELD(amdgpu_gfx, kiq);
ROCMFIX_FIELD(amdgpu_gmc, gmc_funcs);
ROCMFIX_FIELD(amdgpu_gmc_funcs, flush_gpu_tlb);
ROCMFIX_FIELD(amdgpu_gmc_funcs, flush_gpu_tlb_pasid);
ROCMFIX_FIELD(amdgpu_kfd_dev, dev);
ROCMFIX_FIELD(amdgpu_kiq, pmf);
ROCMFIX_FIELD(amdgpu_kiq, ring);
ROCMFIX_FIELD(amdgpu_kiq, ring_lock);
ROCMFIX_FIELD(amdgpu_reset_domain, in_gpu_reset);
ROCMFIX_FIELD(amdgpu_ring, adev);
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
ROCMFIX_FIELD(amdgpu_vm, last_tlb_flush);
ROCMFIX_FIELD(amdgpu_vm, tlb_seq);
ROCMFIX_FIELD(device_queue_manager, sched_policy);
ROCMFIX_FIELD(kfd2kgd_calls, get_atc_vmid_pasid_mapping_info);
ROCMFIX_FIELD(kfd_dev, kfd2kgd);
ROCMFIX_FIELD(kfd_node, adev);
ROCMFIX_FIELD(kfd_node, dqm);
ROCMFIX_FIELD(kfd_node, xcc_mask);
ROCMFIX_FIELD(kfd_process, pasid);
ROCMFIX_FIELD(kfd_process_device, dev);
ROCMFIX_FIELD(kfd_process_device, drm_priv);
ROCMFIX_FIELD(kfd_process_device, process);
ROCMFIX_FIELD(kfd_process_device, qpd);
ROCMFIX_FIELD(kfd_process_device, tlb_seq);
ROCMFIX_FIELD(kiq_pm4_funcs, invalidate_tlbs_size);
ROCMFIX_FIELD(kiq_pm4_funcs, kiq_invalidate_tlbs);
ROCMFIX_FIELD(qcm_process_device, vmid);
