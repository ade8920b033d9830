// SPDX-License-Identifier: MIT
// The HIP functions that give and take memory. Each calls the real one with what the program gave:
// what is changed is changed below HIP, so HIP's own books, and what it reports to the program
// about flags and pointers, stay as asked.
#include "export.hpp"
#include "hip/abi_hip.hpp"
#include "hip/hip_call.hpp"
#include "hip/hip_lookup.hpp"

using namespace rocmfix::hip;
using api::Error;
using api::Extent;
using api::Handle;
using api::PitchedPtr;

namespace {

const void* pointed(void* const* pointer) {
  return pointer == nullptr ? nullptr : *pointer;
}

}  // namespace

extern "C" {

ROCMFIX_EXPORT Error hipMalloc(void** pointer, size_t size) {
  ROCMFIX_NEXT(hipMalloc)
  Allocation call(Api::hipMalloc, caller, size);
  const Error result = next(pointer, size);
  return call.done(result, pointed(pointer), Place::vram, size);
}

ROCMFIX_EXPORT Error hipExtMallocWithFlags(void** pointer, size_t size, unsigned flags) {
  ROCMFIX_NEXT(hipExtMallocWithFlags)
  Allocation call(Api::hipExtMallocWithFlags, caller, size, flags);
  const Error result = next(pointer, size, flags);
  return call.done(result, pointed(pointer), Place::vram, size);
}

ROCMFIX_EXPORT Error hipMallocPitch(void** pointer, size_t* pitch, size_t width, size_t height) {
  ROCMFIX_NEXT(hipMallocPitch)
  Allocation call(Api::hipMallocPitch, caller, 0);
  const Error result = next(pointer, pitch, width, height);
  return call.done(result, pointed(pointer), Place::vram,
                   result == api::success && pitch != nullptr ? *pitch * height : width * height);
}

ROCMFIX_EXPORT Error hipMemAllocPitch(void** pointer, size_t* pitch, size_t width, size_t height,
                                      unsigned element) {
  ROCMFIX_NEXT(hipMemAllocPitch)
  Allocation call(Api::hipMemAllocPitch, caller, 0);
  const Error result = next(pointer, pitch, width, height, element);
  return call.done(result, pointed(pointer), Place::vram,
                   result == api::success && pitch != nullptr ? *pitch * height : width * height);
}

ROCMFIX_EXPORT Error hipMalloc3D(PitchedPtr* pointer, Extent extent) {
  ROCMFIX_NEXT(hipMalloc3D)
  Allocation call(Api::hipMalloc3D, caller, 0);
  const Error result = next(pointer, extent);
  if (result != api::success || pointer == nullptr) {
    return call.done(result, nullptr, Place::vram, extent.width * extent.height * extent.depth);
  }
  return call.done(result, pointer->ptr, Place::vram,
                   pointer->pitch * extent.height * (extent.depth == 0 ? 1 : extent.depth));
}

ROCMFIX_EXPORT Error hipMallocArray(Handle* array, const void* format, size_t width, size_t height,
                                    unsigned flags) {
  ROCMFIX_NEXT(hipMallocArray)
  Allocation call(Api::hipMallocArray, caller, 0, flags);
  return call.done_without_address(next(array, format, width, height, flags));
}

ROCMFIX_EXPORT Error hipMalloc3DArray(Handle* array, const void* format, Extent extent,
                                      unsigned flags) {
  ROCMFIX_NEXT(hipMalloc3DArray)
  Allocation call(Api::hipMalloc3DArray, caller, 0, flags);
  return call.done_without_address(next(array, format, extent, flags));
}

ROCMFIX_EXPORT Error hipArrayCreate(Handle* array, const void* descriptor) {
  ROCMFIX_NEXT(hipArrayCreate)
  Allocation call(Api::hipArrayCreate, caller, 0);
  return call.done_without_address(next(array, descriptor));
}

ROCMFIX_EXPORT Error hipArray3DCreate(Handle* array, const void* descriptor) {
  ROCMFIX_NEXT(hipArray3DCreate)
  Allocation call(Api::hipArray3DCreate, caller, 0);
  return call.done_without_address(next(array, descriptor));
}

ROCMFIX_EXPORT Error hipMallocMipmappedArray(Handle* array, const void* format, Extent extent,
                                             unsigned levels, unsigned flags) {
  ROCMFIX_NEXT(hipMallocMipmappedArray)
  Allocation call(Api::hipMallocMipmappedArray, caller, 0, flags);
  return call.done_without_address(next(array, format, extent, levels, flags));
}

ROCMFIX_EXPORT Error hipMipmappedArrayCreate(Handle* array, void* descriptor, unsigned levels) {
  ROCMFIX_NEXT(hipMipmappedArrayCreate)
  Allocation call(Api::hipMipmappedArrayCreate, caller, 0);
  return call.done_without_address(next(array, descriptor, levels));
}

ROCMFIX_EXPORT Error hipMallocAsync(void** pointer, size_t size, Handle stream) {
  ROCMFIX_NEXT(hipMallocAsync)
  Allocation call(Api::hipMallocAsync, caller, size);
  const Error result = next(pointer, size, stream);
  return call.done_from_pool(result, pointed(pointer), size);
}

ROCMFIX_EXPORT Error hipMallocFromPoolAsync(void** pointer, size_t size, Handle pool,
                                            Handle stream) {
  ROCMFIX_NEXT(hipMallocFromPoolAsync)
  Allocation call(Api::hipMallocFromPoolAsync, caller, size);
  const Error result = next(pointer, size, pool, stream);
  return call.done_from_pool(result, pointed(pointer), size);
}

ROCMFIX_EXPORT Error hipMemCreate(Handle* handle, size_t size, const void* properties,
                                  unsigned long long flags) {
  ROCMFIX_NEXT(hipMemCreate)
  Allocation call(Api::hipMemCreate, caller, size);
  // No address yet: ROCr's half has counted it.
  return call.done(next(handle, size, properties, flags), nullptr, Place::vram, size);
}

ROCMFIX_EXPORT Error hipMemMap(void* pointer, size_t size, size_t offset, Handle handle,
                               unsigned long long flags) {
  ROCMFIX_NEXT(hipMemMap)
  Allocation call(Api::hipMemMap, caller, size);
  return call.done(next(pointer, size, offset, handle, flags), pointer, Place::vram, size);
}

ROCMFIX_EXPORT Error hipHostMalloc(void** pointer, size_t size, unsigned flags) {
  ROCMFIX_NEXT(hipHostMalloc)
  Allocation call(Api::hipHostMalloc, caller, size, flags);
  const Error result = next(pointer, size, flags);
  return call.done(result, pointed(pointer), Place::host, size);
}

ROCMFIX_EXPORT Error hipHostAlloc(void** pointer, size_t size, unsigned flags) {
  ROCMFIX_NEXT(hipHostAlloc)
  Allocation call(Api::hipHostAlloc, caller, size, flags);
  const Error result = next(pointer, size, flags);
  return call.done(result, pointed(pointer), Place::host, size);
}

ROCMFIX_EXPORT Error hipMemAllocHost(void** pointer, size_t size) {
  ROCMFIX_NEXT(hipMemAllocHost)
  Allocation call(Api::hipMemAllocHost, caller, size);
  const Error result = next(pointer, size);
  return call.done(result, pointed(pointer), Place::host, size);
}

ROCMFIX_EXPORT Error hipMallocHost(void** pointer, size_t size) {
  ROCMFIX_NEXT(hipMallocHost)
  Allocation call(Api::hipMallocHost, caller, size);
  const Error result = next(pointer, size);
  return call.done(result, pointed(pointer), Place::host, size);
}

ROCMFIX_EXPORT Error hipMallocManaged(void** pointer, size_t size, unsigned flags) {
  ROCMFIX_NEXT(hipMallocManaged)
  Allocation call(Api::hipMallocManaged, caller, size, flags);
  const Error result = next(pointer, size, flags);
  return call.done(result, pointed(pointer), Place::managed, size);
}

ROCMFIX_EXPORT Error hipHostRegister(void* pointer, size_t size, unsigned flags) {
  ROCMFIX_NEXT(hipHostRegister)
  Allocation call(Api::hipHostRegister, caller, size, flags);
  return call.done(next(pointer, size, flags), pointer, Place::registered, size);
}

#define ROCMFIX_FREE(name)                   \
  ROCMFIX_EXPORT Error name(void* pointer) { \
    ROCMFIX_NEXT(name)                       \
    Release call(Api::name, pointer);        \
    return call.done(next(pointer));         \
  }
ROCMFIX_FREE(hipFree)
ROCMFIX_FREE(hipHostFree)
ROCMFIX_FREE(hipFreeHost)
ROCMFIX_FREE(hipHostUnregister)
// Handles: nothing of the ledger has such an address, and ROCr reports their blocks.
ROCMFIX_FREE(hipFreeArray)
ROCMFIX_FREE(hipArrayDestroy)
ROCMFIX_FREE(hipFreeMipmappedArray)
ROCMFIX_FREE(hipMipmappedArrayDestroy)
ROCMFIX_FREE(hipMemRelease)
#undef ROCMFIX_FREE

ROCMFIX_EXPORT Error hipFreeAsync(void* pointer, Handle stream) {
  ROCMFIX_NEXT(hipFreeAsync)
  Release call(Api::hipFreeAsync, pointer);
  return call.done(next(pointer, stream));
}

ROCMFIX_EXPORT Error hipMemUnmap(void* pointer, size_t size) {
  ROCMFIX_NEXT(hipMemUnmap)
  Release call(Api::hipMemUnmap, pointer);
  return call.done(next(pointer, size));
}

}  // extern "C"
