// SPDX-License-Identifier: MIT
// /etc/ld.so.cache, as ldconfig(8) of glibc 2.x writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::detail {

class LoaderCache {
 public:
  /// `bytes` may be anything; what is not a cache has nothing in it.
  explicit LoaderCache(std::string bytes);

  /// The paths of 64-bit libraries of this soname, the loader's first choice first.
  [[nodiscard]] std::vector<std::string> find(std::string_view soname) const;

 private:
  [[nodiscard]] std::string_view text_at(std::uint32_t offset) const;

  std::string bytes_;
  std::string_view cache_;  ///< of bytes_, from the header on; empty: there is none
  std::size_t count_ = 0;
};

}  // namespace rocmfix::detail
