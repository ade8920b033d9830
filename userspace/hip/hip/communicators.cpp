// SPDX-License-Identifier: MIT
#include "hip/communicators.hpp"

namespace rocmfix::hip {

bool is_communicator(std::string_view name, std::string_view added) {
  // Nearly all begin with "lib", so the letter after that decides: most are not compared at all.
  constexpr size_t telling = 3;
  if (name.size() <= telling) {
    return false;
  }
  for (const std::string_view beginning : built_in_communicators) {
    if (beginning[telling] == name[telling] && name.starts_with(beginning)) {
      return true;
    }
  }
  while (!added.empty()) {
    const std::string_view beginning = added.substr(0, added.find(','));
    if (!beginning.empty() && name.starts_with(beginning)) {
      return true;
    }
    added.remove_prefix(beginning.size() == added.size() ? added.size() : beginning.size() + 1);
  }
  return false;
}

}  // namespace rocmfix::hip
