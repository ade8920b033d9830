// SPDX-License-Identifier: MIT
#include "selftest/hip/virtual_memory.hpp"

#include <hip/hip_runtime_api.h>

#include "selftest/hip/runtime.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

// As HIP 6.0 has them; HIP 5's are laid out differently, and its Linux runtime has no such memory.
struct Location {
  int type = 1;  // a device
  int id = 0;
};
struct Properties {
  int type = 1;  // pinned
  int handle_type = 0;
  Location location;
  void* of_windows = nullptr;
  unsigned char compression = 0;
  unsigned char rdma = 0;
  unsigned short usage = 0;
};
struct Access {
  Location location;
  int flags = 1;  // read
};
using Handle = void*;

using Create = hipError_t (*)(Handle*, size_t, const Properties*, unsigned long long);
using Reserve = hipError_t (*)(void**, size_t, size_t, void*, unsigned long long);
using Map = hipError_t (*)(void*, size_t, size_t, Handle, unsigned long long);
using SetAccess = hipError_t (*)(void*, size_t, const Access*, size_t);

constexpr int first_version = 60'000'000;

Error no_such_memory(const char* what) {
  return {ErrorCode::not_applicable,
          formatted("this HIP runtime gives no read-only memory ({})", what), 0, ""};
}

}  // namespace

Result<void*> map_read_only(int device) {
  int version = 0;
  if (hipRuntimeGetVersion(&version) != hipSuccess || version < first_version) {
    return fail(no_such_memory("it is older than 6.0"));
  }
  const auto create = reinterpret_cast<Create>(hip_function("hipMemCreate"));
  const auto reserve = reinterpret_cast<Reserve>(hip_function("hipMemAddressReserve"));
  const auto map = reinterpret_cast<Map>(hip_function("hipMemMap"));
  const auto set_access = reinterpret_cast<SetAccess>(hip_function("hipMemSetAccess"));
  if (create == nullptr || reserve == nullptr || map == nullptr || set_access == nullptr) {
    return fail(no_such_memory("functions are missing"));
  }
  constexpr std::size_t size = 2U << 20U;
  Properties properties;
  properties.location.id = device;
  Access access;
  access.location.id = device;
  Handle handle = nullptr;
  void* at = nullptr;
  const struct {
    const char* name;
    hipError_t error;
  } steps[] = {
      {"hipMemCreate", create(&handle, size, &properties, 0)},
      {"hipMemAddressReserve", reserve(&at, size, 0, nullptr, 0)},
      {"hipMemMap", at == nullptr ? hipErrorInvalidValue : map(at, size, 0, handle, 0)},
      {"hipMemSetAccess", at == nullptr ? hipErrorInvalidValue : set_access(at, size, &access, 1)}};
  for (const auto& step : steps) {
    if (step.error != hipSuccess) {
      return fail(
          no_such_memory(formatted("{}: {}", step.name, hipGetErrorName(step.error)).c_str()));
    }
  }
  return at;
}

}  // namespace rocmfix::selftest
