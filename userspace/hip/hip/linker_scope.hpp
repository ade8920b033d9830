// SPDX-License-Identifier: MIT
// What the dynamic linker would have bound a caller to, were this library not preloaded.
#ifndef ROCMFIX_HIP_LINKER_SCOPE_HPP
#define ROCMFIX_HIP_LINKER_SCOPE_HPP

#include <cstdint>

namespace rocmfix::hip {

/// The addresses of a loaded object; both 0 for none.
struct AddressRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;

  [[nodiscard]] bool has(const void* address) const {
    const auto at = reinterpret_cast<uintptr_t>(address);
    return begin <= at && at < end;
  }
};

/// Of the object that `address` lies in.
AddressRange range_of(const void* address);

/// In the linker's order: the global scope behind us, then the caller's own object and what it
/// needs, then whatever object is loaded (for a plugin that leaves it to its host to bring HIP).
/// `caller` is an address in it. nullptr: nobody has it. Takes the linker's lock: a result is worth
/// keeping.
void* function_without_us(const char* name, const void* caller);

}  // namespace rocmfix::hip

#endif
