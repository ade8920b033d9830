// SPDX-License-Identifier: MIT
// Each function once: HIP_CALL(NAME, PARAMETERS, ARGUMENTS). hip/runtime.cpp makes calls of the
// loaded library of them; without a HIP_CALL they are declarations.
// NOLINTBEGIN(bugprone-macro-parentheses): parameters are no expressions
#ifndef HIP_CALL
#define HIP_CALL(name, parameters, arguments) extern "C" hipError_t name parameters;
#define HIP_CALL_DECLARES
#endif

HIP_CALL(hipInit, (unsigned flags), (flags))
HIP_CALL(hipRuntimeGetVersion, (int* version), (version))
HIP_CALL(hipGetDeviceCount, (int* count), (count))
HIP_CALL(hipSetDevice, (int device), (device))
HIP_CALL(hipDeviceGetPCIBusId, (char* text, int size, int device), (text, size, device))
HIP_CALL(hipDeviceSynchronize, (), ())
HIP_CALL(hipMemGetInfo, (size_t * free, size_t* total), (free, total))

HIP_CALL(hipMalloc, (void** pointer, size_t size), (pointer, size))
HIP_CALL(hipFree, (void* pointer), (pointer))
HIP_CALL(hipHostMalloc, (void** pointer, size_t size, unsigned flags), (pointer, size, flags))
HIP_CALL(hipHostFree, (void* pointer), (pointer))
HIP_CALL(hipMallocManaged, (void** pointer, size_t size, unsigned flags), (pointer, size, flags))
HIP_CALL(hipExtMallocWithFlags, (void** pointer, size_t size, unsigned flags),
         (pointer, size, flags))
HIP_CALL(hipHostRegister, (void* pointer, size_t size, unsigned flags), (pointer, size, flags))
HIP_CALL(hipHostUnregister, (void* pointer), (pointer))
HIP_CALL(hipHostGetDevicePointer, (void** device, void* host, unsigned flags),
         (device, host, flags))

HIP_CALL(hipMemset, (void* to, int value, size_t size), (to, value, size))
HIP_CALL(hipMemcpy, (void* to, const void* from, size_t size, hipMemcpyKind kind),
         (to, from, size, kind))
HIP_CALL(hipMemcpyAsync,
         (void* to, const void* from, size_t size, hipMemcpyKind kind, hipStream_t stream),
         (to, from, size, kind, stream))

HIP_CALL(hipStreamCreateWithFlags, (hipStream_t * stream, unsigned flags), (stream, flags))
HIP_CALL(hipStreamDestroy, (hipStream_t stream), (stream))
HIP_CALL(hipStreamSynchronize, (hipStream_t stream), (stream))

HIP_CALL(hipModuleLoad, (hipModule_t * module, const char* file), (module, file))
HIP_CALL(hipModuleGetFunction, (hipFunction_t * function, hipModule_t module, const char* name),
         (function, module, name))
HIP_CALL(hipModuleLaunchKernel,
         (hipFunction_t function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
          unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
          hipStream_t stream, void** arguments, void** extra),
         (function, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes, stream,
          arguments, extra))

#ifdef HIP_CALL_DECLARES
extern "C" const char* hipGetErrorName(hipError_t error);
#undef HIP_CALL_DECLARES
#undef HIP_CALL
#endif
// NOLINTEND(bugprone-macro-parentheses)
