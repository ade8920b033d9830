// SPDX-License-Identifier: MIT
// HIP's own functions behind ours.
#ifndef ROCMFIX_HIP_HIP_LOOKUP_HPP
#define ROCMFIX_HIP_HIP_LOOKUP_HPP

#include "hip/apis.hpp"

namespace rocmfix::hip {

/// nullptr: no HIP in this process, or one that does not have it. `caller` is a return address;
/// each gets the function that it would have without us, whatever its library is called and however
/// many there are.
void* real_function(Api api, const void* caller = nullptr);
/// A HIP of the usual name, libamdhip64, or one that ROCr has come with.
bool is_hip_here();
/// Functions that we call and do not intercept; cached by the caller.
void* find_in_hip(const char* name);
/// The Api whose real function this is; none.
Api api_of_real_function(const void* function);

}  // namespace rocmfix::hip

/// In a function of ours: `next` is the real one, of the same type, and `caller` where it returns
/// to.
#define ROCMFIX_NEXT(name)                                                 \
  [[maybe_unused]] const void* const caller = __builtin_return_address(0); \
  const auto next = reinterpret_cast<decltype(&(name))>(                   \
      rocmfix::hip::real_function(rocmfix::hip::Api::name, caller));       \
  if (next == nullptr) {                                                   \
    return rocmfix::hip::api::not_found;                                   \
  }

#endif
