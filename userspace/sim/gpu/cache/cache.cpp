// SPDX-License-Identifier: MIT
#include "gpu/cache/cache.hpp"

namespace rocmfix::sim::cache {

Line* Cache::find(std::uint64_t address) {
  const auto found = lines_.find(address);
  return found == lines_.end() ? nullptr : &found->second;
}

// The line after a random address: every line can be it, though not all equally often.
Cache::Place Cache::any(Chance& chance) {
  if (lines_.empty()) {
    return {};
  }
  const std::uint64_t first = lines_.begin()->first;
  const std::uint64_t span = lines_.rbegin()->first - first + 1;
  const auto at = lines_.lower_bound(first + chance.below(span));
  return {at->first, &at->second};
}

}  // namespace rocmfix::sim::cache
