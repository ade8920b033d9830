// SPDX-License-Identifier: MIT
// The HIP calls that an incident reports, passed on unchanged: copies, launches, waits.
#include "alive/open_call.hpp"
#include "export.hpp"
#include "hip/abi_hip.hpp"
#include "hip/hip_call.hpp"
#include "hip/hip_lookup.hpp"

using namespace rocmfix::hip;
using api::Dim3;
using api::Error;
using api::Handle;

namespace {

// Before the real call: the fault comes while it runs, or after. Its result is not known then.
void before(Api api, const void* address, uint64_t size) {
  trace(api, reinterpret_cast<uint64_t>(address), size, api::success);
}

}  // namespace

extern "C" {

ROCMFIX_EXPORT Error hipMemcpy(void* to, const void* from, size_t size, int kind) {
  ROCMFIX_NEXT(hipMemcpy)
  const OpenCall open(Api::hipMemcpy);
  before(Api::hipMemcpy, to, size);
  return next(to, from, size, kind);
}

ROCMFIX_EXPORT Error hipMemcpyAsync(void* to, const void* from, size_t size, int kind,
                                    Handle stream) {
  ROCMFIX_NEXT(hipMemcpyAsync)
  const OpenCall open(Api::hipMemcpyAsync);
  before(Api::hipMemcpyAsync, to, size);
  return next(to, from, size, kind, stream);
}

// What PyTorch calls for a copy that it waits for.
ROCMFIX_EXPORT Error hipMemcpyWithStream(void* to, const void* from, size_t size, int kind,
                                         Handle stream) {
  ROCMFIX_NEXT(hipMemcpyWithStream)
  const OpenCall open(Api::hipMemcpyWithStream);
  before(Api::hipMemcpyWithStream, to, size);
  return next(to, from, size, kind, stream);
}

ROCMFIX_EXPORT Error hipMemcpyHtoD(void* to, void* from, size_t size) {
  ROCMFIX_NEXT(hipMemcpyHtoD)
  const OpenCall open(Api::hipMemcpyHtoD);
  before(Api::hipMemcpyHtoD, to, size);
  return next(to, from, size);
}

ROCMFIX_EXPORT Error hipMemcpyDtoH(void* to, void* from, size_t size) {
  ROCMFIX_NEXT(hipMemcpyDtoH)
  const OpenCall open(Api::hipMemcpyDtoH);
  before(Api::hipMemcpyDtoH, from, size);
  return next(to, from, size);
}

ROCMFIX_EXPORT Error hipMemset(void* to, int value, size_t size) {
  ROCMFIX_NEXT(hipMemset)
  const OpenCall open(Api::hipMemset);
  before(Api::hipMemset, to, size);
  return next(to, value, size);
}

ROCMFIX_EXPORT Error hipMemsetAsync(void* to, int value, size_t size, Handle stream) {
  ROCMFIX_NEXT(hipMemsetAsync)
  const OpenCall open(Api::hipMemsetAsync);
  before(Api::hipMemsetAsync, to, size);
  return next(to, value, size, stream);
}

// Of a launch: the kernel's handle, and how many threads.
ROCMFIX_EXPORT Error hipLaunchKernel(const void* function, Dim3 grid, Dim3 block, void** arguments,
                                     size_t shared, Handle stream) {
  ROCMFIX_NEXT(hipLaunchKernel)
  const OpenCall open(Api::hipLaunchKernel);
  before(Api::hipLaunchKernel, function,
         uint64_t{grid.x} * grid.y * grid.z * block.x * block.y * block.z);
  return next(function, grid, block, arguments, shared, stream);
}

ROCMFIX_EXPORT Error hipModuleLaunchKernel(Handle function, unsigned grid_x, unsigned grid_y,
                                           unsigned grid_z, unsigned block_x, unsigned block_y,
                                           unsigned block_z, unsigned shared, Handle stream,
                                           void** parameters, void** extra) {
  ROCMFIX_NEXT(hipModuleLaunchKernel)
  const OpenCall open(Api::hipModuleLaunchKernel);
  before(Api::hipModuleLaunchKernel, function,
         uint64_t{grid_x} * grid_y * grid_z * block_x * block_y * block_z);
  return next(function, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared, stream,
              parameters, extra);
}

ROCMFIX_EXPORT Error hipExtModuleLaunchKernel(Handle function, uint32_t global_x, uint32_t global_y,
                                              uint32_t global_z, uint32_t local_x, uint32_t local_y,
                                              uint32_t local_z, size_t shared, Handle stream,
                                              void** parameters, void** extra, Handle start,
                                              Handle stop, uint32_t flags) {
  ROCMFIX_NEXT(hipExtModuleLaunchKernel)
  const OpenCall open(Api::hipExtModuleLaunchKernel);
  before(Api::hipExtModuleLaunchKernel, function, uint64_t{global_x} * global_y * global_z);
  return next(function, global_x, global_y, global_z, local_x, local_y, local_z, shared, stream,
              parameters, extra, start, stop, flags);
}

ROCMFIX_EXPORT Error hipStreamSynchronize(Handle stream) {
  ROCMFIX_NEXT(hipStreamSynchronize)
  const OpenCall open(Api::hipStreamSynchronize);
  before(Api::hipStreamSynchronize, stream, 0);
  return next(stream);
}

ROCMFIX_EXPORT Error hipEventSynchronize(Handle event) {
  ROCMFIX_NEXT(hipEventSynchronize)
  const OpenCall open(Api::hipEventSynchronize);
  before(Api::hipEventSynchronize, event, 0);
  return next(event);
}

ROCMFIX_EXPORT Error hipDeviceSynchronize() {
  ROCMFIX_NEXT(hipDeviceSynchronize)
  const OpenCall open(Api::hipDeviceSynchronize);
  before(Api::hipDeviceSynchronize, nullptr, 0);
  return next();
}

}  // extern "C"
