// SPDX-License-Identifier: MIT
// Holds what the interposer has written down of ROCr's and HIP's interfaces against this suite's
// own headers. Everything here is checked by the compiler.
#include <cstddef>
#define AMD_INTERNAL_BUILD 1  // how hsa_api_trace.h is included outside of ROCr
#include <hsa/hsa.h>
#include <hsa/hsa_api_trace.h>
#include <hsa/hsa_ext_amd.h>

#include "hip/abi_hip.hpp"
#include "hip/coherence.hpp"
#include "hsa/abi_hsa.hpp"
#include "hsa/hsa_slots.hpp"

// After the interposer's: HIP 6 makes macros of names that are in these.
#include "hip.hpp"

namespace mine = rocmfix::hip::hsa;
namespace ours = rocmfix::hip;

#define SAME(a, b) static_assert(static_cast<unsigned long>(a) == static_cast<unsigned long>(b))

SAME(mine::success, HSA_STATUS_SUCCESS);
SAME(mine::error, HSA_STATUS_ERROR);
SAME(mine::out_of_resources, HSA_STATUS_ERROR_OUT_OF_RESOURCES);
SAME(mine::agent_name, HSA_AGENT_INFO_NAME);
SAME(mine::agent_device_type, HSA_AGENT_INFO_DEVICE);
SAME(mine::agent_driver_node, HSA_AMD_AGENT_INFO_DRIVER_NODE_ID);
SAME(mine::agent_bdf, HSA_AMD_AGENT_INFO_BDFID);
SAME(mine::agent_product, HSA_AMD_AGENT_INFO_PRODUCT_NAME);
SAME(mine::agent_domain, HSA_AMD_AGENT_INFO_DOMAIN);
#if HIP_VERSION_MAJOR > 5 || HIP_VERSION_MINOR >= 3
SAME(mine::agent_memory_available, HSA_AMD_AGENT_INFO_MEMORY_AVAIL);
#endif
SAME(mine::device_cpu, HSA_DEVICE_TYPE_CPU);
SAME(mine::device_gpu, HSA_DEVICE_TYPE_GPU);
SAME(mine::pool_segment, HSA_AMD_MEMORY_POOL_INFO_SEGMENT);
SAME(mine::pool_flags, HSA_AMD_MEMORY_POOL_INFO_GLOBAL_FLAGS);
SAME(mine::pool_size, HSA_AMD_MEMORY_POOL_INFO_SIZE);
SAME(mine::segment_global, HSA_AMD_SEGMENT_GLOBAL);
SAME(mine::pool_kernarg, HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_KERNARG_INIT);
SAME(mine::pool_fine, HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_FINE_GRAINED);
SAME(mine::pool_coarse, HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_COARSE_GRAINED);
SAME(mine::svm_global_flag, HSA_AMD_SVM_ATTRIB_GLOBAL_FLAG);
SAME(mine::svm_fine_grained, HSA_AMD_SVM_GLOBAL_FLAG_FINE_GRAINED);
SAME(mine::svm_coarse_grained, HSA_AMD_SVM_GLOBAL_FLAG_COARSE_GRAINED);
SAME(mine::event_memory_fault, HSA_AMD_GPU_MEMORY_FAULT_EVENT);
SAME(mine::fault_not_present, HSA_AMD_MEMORY_FAULT_PAGE_NOT_PRESENT);
SAME(mine::fault_read_only, HSA_AMD_MEMORY_FAULT_READ_ONLY);
SAME(mine::fault_no_execute, HSA_AMD_MEMORY_FAULT_NX);
SAME(mine::fault_host_only, HSA_AMD_MEMORY_FAULT_HOST_ONLY);
SAME(mine::fault_dram_ecc, HSA_AMD_MEMORY_FAULT_DRAMECC);
SAME(mine::fault_imprecise, HSA_AMD_MEMORY_FAULT_IMPRECISE);
SAME(mine::fault_sram_ecc, HSA_AMD_MEMORY_FAULT_SRAMECC);
SAME(offsetof(mine::Event, agent), offsetof(hsa_amd_event_t, memory_fault.agent));
SAME(offsetof(mine::Event, memory_fault.virtual_address),
     offsetof(hsa_amd_event_t, memory_fault.virtual_address));
SAME(offsetof(mine::Event, memory_fault.reasons),
     offsetof(hsa_amd_event_t, memory_fault.fault_reason_mask));
#if HIP_VERSION_MAJOR >= 6 || HIP_VERSION_MINOR >= 7  // Debian's HIP 5.7.1 comes with ROCr 6.1.2
SAME(mine::event_hw_exception, HSA_AMD_GPU_HW_EXCEPTION_EVENT);
SAME(mine::reset_hang, HSA_AMD_HW_EXCEPTION_CAUSE_GPU_HANG);
SAME(mine::reset_ecc, HSA_AMD_HW_EXCEPTION_CAUSE_ECC);
SAME(offsetof(mine::Event, agent), offsetof(hsa_amd_event_t, hw_exception.agent));
SAME(offsetof(mine::Event, hw_exception.reset_cause),
     offsetof(hsa_amd_event_t, hw_exception.reset_cause));
#endif
SAME(offsetof(mine::ApiTable, core), offsetof(HsaApiTable, core_));
SAME(offsetof(mine::ApiTable, amd_ext), offsetof(HsaApiTable, amd_ext_));
SAME(sizeof(mine::SvmPair), sizeof(hsa_amd_svm_attribute_pair_t));

SAME(ours::hip_host_malloc_coherent, hipHostMallocCoherent);
SAME(ours::hip_host_malloc_noncoherent, hipHostMallocNonCoherent);
SAME(ours::hip_host_register_io_memory, hipHostRegisterIoMemory);
SAME(ours::hip_device_malloc_finegrained, hipDeviceMallocFinegrained);
SAME(ours::hip_malloc_signal_memory, hipMallocSignalMemory);
#ifdef hipDeviceMallocUncached
SAME(ours::hip_device_malloc_uncached, hipDeviceMallocUncached);
#endif
SAME(ours::hip_mem_advise_set_coarse_grain, hipMemAdviseSetCoarseGrain);
SAME(ours::hip_mem_advise_unset_coarse_grain, hipMemAdviseUnsetCoarseGrain);
SAME(ours::api::not_found, hipErrorSharedObjectSymbolNotFound);
SAME(sizeof(ours::api::Extent), sizeof(hipExtent));
SAME(sizeof(ours::api::PitchedPtr), sizeof(hipPitchedPtr));
SAME(sizeof(ours::api::Dim3), sizeof(dim3));
#if HIP_VERSION_MAJOR >= 6
SAME(ours::api::total_memory_r0600, offsetof(hipDeviceProp_t, totalGlobalMem));
#else
SAME(ours::api::total_memory_r0000, offsetof(hipDeviceProp_t, totalGlobalMem));
#endif

int main() {
  const mine::TableVersion version{HSA_AMD_EXT_API_TABLE_MAJOR_VERSION, sizeof(AmdExtTable), 0, 0};
  const ours::AmdExtLayout* layout = ours::find_amd_ext_layout(version);
  const ours::CoreSlots* core =
      ours::find_core_slots({HSA_CORE_API_TABLE_MAJOR_VERSION, sizeof(CoreApiTable), 0, 0});
  if (layout == nullptr || core == nullptr) {
    puts("this suite's tables are not known");
    return 1;
  }
  int wrong = 0;
#define SLOT(slot, function)                                        \
  if (layout->slots.slot != offsetof(AmdExtTable, function##_fn)) { \
    printf("%s: %u, not %zu\n", #function, layout->slots.slot,      \
           offsetof(AmdExtTable, function##_fn));                   \
    ++wrong;                                                        \
  }
  SLOT(pool_get_info, hsa_amd_memory_pool_get_info)
  SLOT(iterate_pools, hsa_amd_agent_iterate_memory_pools)
  SLOT(pool_allocate, hsa_amd_memory_pool_allocate)
  SLOT(pool_free, hsa_amd_memory_pool_free)
  SLOT(allow_access, hsa_amd_agents_allow_access)
  SLOT(memory_lock, hsa_amd_memory_lock)
  SLOT(memory_unlock, hsa_amd_memory_unlock)
  SLOT(register_event_handler, hsa_amd_register_system_event_handler)
  SLOT(lock_to_pool, hsa_amd_memory_lock_to_pool)
  SLOT(svm_attributes_set, hsa_amd_svm_attributes_set)
#if HSA_AMD_EXT_API_TABLE_MAJOR_VERSION >= 2
  SLOT(vmem_handle_create, hsa_amd_vmem_handle_create)
  SLOT(vmem_handle_release, hsa_amd_vmem_handle_release)
  SLOT(vmem_map, hsa_amd_vmem_map)
  SLOT(vmem_unmap, hsa_amd_vmem_unmap)
#endif
  if (core->iterate_agents != offsetof(CoreApiTable, hsa_iterate_agents_fn) ||
      core->agent_get_info != offsetof(CoreApiTable, hsa_agent_get_info_fn)) {
    puts("the core table is another");
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}
