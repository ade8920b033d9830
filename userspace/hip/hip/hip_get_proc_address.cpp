// SPDX-License-Identifier: MIT
// hipGetProcAddress hands out HIP's own functions; where we intercept one, the program
// gets ours. Which one is told by the pointer, so HIP's rules of names and versions stay HIP's.
#include <array>

#include "export.hpp"
#include "hip/abi_hip.hpp"
#include "hip/hip_lookup.hpp"

using namespace rocmfix::hip;
using api::Error;

extern "C" {

// Only their addresses are needed here.
#define ROCMFIX_DECLARE(name) ROCMFIX_EXPORT void name();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
ROCMFIX_HIP_ALLOCATIONS(ROCMFIX_DECLARE)
ROCMFIX_HIP_FREES(ROCMFIX_DECLARE)
ROCMFIX_HIP_TRACED(ROCMFIX_DECLARE)
ROCMFIX_HIP_QUERIES_BUT_LOOKUP(ROCMFIX_DECLARE)
#pragma GCC diagnostic pop
#undef ROCMFIX_DECLARE

ROCMFIX_EXPORT Error hipGetProcAddress(const char* symbol, void** function, int version,
                                       uint64_t flags, void* status);
}

namespace {

void* our_function(Api api) {
#define ROCMFIX_OURS(name) reinterpret_cast<void*>(&(name)),
  static const std::array ours = {
      static_cast<void*>(nullptr),
      ROCMFIX_HIP_ALLOCATIONS(ROCMFIX_OURS) ROCMFIX_HIP_FREES(ROCMFIX_OURS)
          ROCMFIX_HIP_TRACED(ROCMFIX_OURS) ROCMFIX_HIP_QUERIES(ROCMFIX_OURS)};
#undef ROCMFIX_OURS
  const auto index = static_cast<size_t>(api);
  return index < ours.size() ? ours[index] : nullptr;
}

}  // namespace

extern "C" Error hipGetProcAddress(const char* symbol, void** function, int version, uint64_t flags,
                                   void* status) {
  const auto next = reinterpret_cast<decltype(&hipGetProcAddress)>(
      real_function(Api::hipGetProcAddress, __builtin_return_address(0)));
  if (next == nullptr) {
    return api::not_found;
  }
  const Error result = next(symbol, function, version, flags, status);
  if (result == api::success && function != nullptr && *function != nullptr) {
    if (const Api api = api_of_real_function(*function); api != Api::none) {
      *function = our_function(api);
    }
  }
  return result;
}
