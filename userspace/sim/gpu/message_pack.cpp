// SPDX-License-Identifier: MIT
#include "gpu/message_pack.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace rocmfix::sim {

namespace {

struct Head {
  std::uint64_t values = 0;  ///< that follow and belong to it: of an array or a map
  std::uint64_t bytes = 0;   ///< that follow and are its content, with its length
  bool container = false;
};

class Reader {
 public:
  Reader(const char* bytes, std::size_t size)
      : at_(reinterpret_cast<const std::uint8_t*>(bytes)), end_(at_ + size) {}
  [[nodiscard]] bool at_end() const { return at_ == end_; }

  Head next() {
    const std::uint8_t type = *at_++;
    Head head;
    if (type >= 0x80 && type <= 0x9f) {  // fixmap, fixarray
      head = {std::uint64_t{type & 0xfU} * (type < 0x90 ? 2U : 1U), 0, true};
    } else if (type >= 0xa0 && type <= 0xbf) {  // fixstr
      head.bytes = type & 0x1fU;
    } else if (type >= 0xdc && type <= 0xdf) {  // array, map of 16 and of 32 bits
      head = {number((type & 1U) == 0 ? 2 : 4) * (type < 0xde ? 1U : 2U), 0, true};
    } else if (type >= 0xc4 && type <= 0xdb) {
      head.bytes = content(type);
    }
    at_ += std::min<std::uint64_t>(head.bytes, static_cast<std::uint64_t>(end_ - at_));
    return head;
  }

 private:
  // Big-endian; what is cut off is 0.
  std::uint64_t number(unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      value = value << 8U | (at_ == end_ ? 0U : *at_++);
    }
    return value;
  }
  // 0xc4 to 0xdb: binary, extensions, numbers, strings.
  std::uint64_t content(std::uint8_t type) {
    constexpr std::array<std::uint8_t, 24> fixed = {0, 0, 0, 0, 0, 0, 4, 8, 1,  2, 4, 8,
                                                    1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0};
    if (type <= 0xc9) {
      return number(1U << (type - 0xc4U) % 3U) + (type >= 0xc7 ? 1 : 0);
    }
    return type >= 0xd9 ? number(1U << (type - 0xd9U)) : fixed.at(type - 0xc4U);
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace

unsigned message_pack_depth(const char* bytes, std::size_t size) {
  Reader reader(bytes, size);
  std::vector<std::uint64_t> open;  // of each container: values that it still waits for
  std::size_t deepest = 0;
  while (!reader.at_end()) {
    const Head head = reader.next();
    if (!open.empty()) {
      --open.back();
    }
    if (head.container) {
      open.push_back(head.values);
      deepest = std::max(deepest, open.size());
    }
    while (!open.empty() && open.back() == 0) {
      open.pop_back();
    }
    if (open.empty()) {
      break;
    }
  }
  return static_cast<unsigned>(deepest);
}

}  // namespace rocmfix::sim
