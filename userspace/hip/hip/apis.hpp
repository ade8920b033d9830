// SPDX-License-Identifier: MIT
// The calls that the ledger and an incident can name. Numbers stay inside the process.
#ifndef ROCMFIX_HIP_APIS_HPP
#define ROCMFIX_HIP_APIS_HPP

#include <cstdint>

// X(name) for every HIP function that the interposer intercepts.
#define ROCMFIX_HIP_ALLOCATIONS(X) \
  X(hipMalloc)                     \
  X(hipExtMallocWithFlags)         \
  X(hipMallocPitch)                \
  X(hipMemAllocPitch)              \
  X(hipMalloc3D)                   \
  X(hipMallocArray)                \
  X(hipMalloc3DArray)              \
  X(hipArrayCreate)                \
  X(hipArray3DCreate)              \
  X(hipMallocMipmappedArray)       \
  X(hipMipmappedArrayCreate)       \
  X(hipMallocAsync)                \
  X(hipMallocFromPoolAsync)        \
  X(hipMemCreate)                  \
  X(hipMemMap)                     \
  X(hipHostMalloc)                 \
  X(hipHostAlloc)                  \
  X(hipMemAllocHost)               \
  X(hipMallocHost)                 \
  X(hipMallocManaged)              \
  X(hipHostRegister)
#define ROCMFIX_HIP_FREES(X)  \
  X(hipFree)                  \
  X(hipFreeAsync)             \
  X(hipHostFree)              \
  X(hipFreeHost)              \
  X(hipFreeArray)             \
  X(hipArrayDestroy)          \
  X(hipFreeMipmappedArray)    \
  X(hipMipmappedArrayDestroy) \
  X(hipMemUnmap)              \
  X(hipMemRelease)            \
  X(hipHostUnregister)
#define ROCMFIX_HIP_TRACED(X) \
  X(hipMemcpy)                \
  X(hipMemcpyAsync)           \
  X(hipMemcpyWithStream)      \
  X(hipMemcpyHtoD)            \
  X(hipMemcpyDtoH)            \
  X(hipMemset)                \
  X(hipMemsetAsync)           \
  X(hipLaunchKernel)          \
  X(hipModuleLaunchKernel)    \
  X(hipExtModuleLaunchKernel) \
  X(hipStreamSynchronize)     \
  X(hipEventSynchronize)      \
  X(hipDeviceSynchronize)
#define ROCMFIX_HIP_QUERIES_BUT_LOOKUP(X) \
  X(hipMemGetInfo)                        \
  X(hipDeviceTotalMem)                    \
  X(hipGetDeviceProperties)               \
  X(hipGetDevicePropertiesR0600)          \
  X(hipMemAdvise)
#define ROCMFIX_HIP_QUERIES(X)      \
  ROCMFIX_HIP_QUERIES_BUT_LOOKUP(X) \
  X(hipGetProcAddress)
// ROCr's own, for blocks that no HIP call of the program asked for.
#define ROCMFIX_HSA_CALLS(X)      \
  X(hsa_amd_memory_pool_allocate) \
  X(hsa_amd_memory_lock)          \
  X(hsa_amd_memory_lock_to_pool)  \
  X(hsa_amd_vmem_map)

namespace rocmfix::hip {

#define ROCMFIX_ENUMERATOR(name) name,
enum class Api : uint16_t {
  none,
  ROCMFIX_HIP_ALLOCATIONS(ROCMFIX_ENUMERATOR) ROCMFIX_HIP_FREES(ROCMFIX_ENUMERATOR)
      ROCMFIX_HIP_TRACED(ROCMFIX_ENUMERATOR) ROCMFIX_HIP_QUERIES(ROCMFIX_ENUMERATOR)
          ROCMFIX_HSA_CALLS(ROCMFIX_ENUMERATOR) count
};
#undef ROCMFIX_ENUMERATOR

/// "" for none.
const char* api_name(Api api);

}  // namespace rocmfix::hip

#endif
