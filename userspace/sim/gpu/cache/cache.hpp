// SPDX-License-Identifier: MIT
// Lines by address, as many as there is room for. Which line has to make room, Chance decides: ways
// and ages are not modelled. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "gpu/cache/chance.hpp"
#include "gpu/cache/model.hpp"

namespace rocmfix::sim::cache {

class Cache {
 public:
  explicit Cache(std::size_t bytes) : most_(bytes / line_size) {}

  /// nullptr: it is not there.
  Line* find(std::uint64_t address);
  [[nodiscard]] bool is_full() const { return lines_.size() >= most_; }
  /// Empty if it was not there.
  Line& take(std::uint64_t address) { return lines_[address]; }
  void drop(std::uint64_t address) { lines_.erase(address); }
  void drop_all() { lines_.clear(); }

  struct Place {
    std::uint64_t address = 0;
    Line* line = nullptr;  ///< nullptr: the cache is empty
  };
  Place any(Chance& chance);

  template <class Use>
  void each(Use use) {
    for (auto& [address, line] : lines_) {
      use(address, line);
    }
  }

 private:
  std::size_t most_;
  std::map<std::uint64_t, Line> lines_;
};

}  // namespace rocmfix::sim::cache
