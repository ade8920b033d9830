// SPDX-License-Identifier: MIT
#include "hip/apis.hpp"

#include <array>
#include <cstddef>

namespace rocmfix::hip {

const char* api_name(Api api) {
#define ROCMFIX_NAME(name) #name,
  static constexpr std::array names = {
      "", ROCMFIX_HIP_ALLOCATIONS(ROCMFIX_NAME) ROCMFIX_HIP_FREES(ROCMFIX_NAME) ROCMFIX_HIP_TRACED(
              ROCMFIX_NAME) ROCMFIX_HIP_QUERIES(ROCMFIX_NAME) ROCMFIX_HSA_CALLS(ROCMFIX_NAME)};
#undef ROCMFIX_NAME
  static_assert(names.size() == static_cast<size_t>(Api::count));
  const auto index = static_cast<size_t>(api);
  return index < names.size() ? names[index] : "";
}

}  // namespace rocmfix::hip
