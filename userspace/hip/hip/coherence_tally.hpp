// SPDX-License-Identifier: MIT
// How many calls' memory became non-coherent or stayed coherent, and why: for the verbose lines and
// for an incident, which reads it while other threads count.
#ifndef ROCMFIX_HIP_COHERENCE_TALLY_HPP
#define ROCMFIX_HIP_COHERENCE_TALLY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hip/coherence.hpp"
#include "mutex.hpp"

namespace rocmfix::hip {

class CoherenceTally {
 public:
  static constexpr size_t object_size = 64;
  struct Entry {
    Reason reason = Reason::none;
    std::array<char, 64>
        object{};  // file name, cut if longer; "" where the reason is not an object
    std::atomic<uint64_t> count{0};
  };
  static constexpr size_t capacity = 32;

  constexpr CoherenceTally() = default;
  void clear();
  /// True: the first of its kind. Objects that there is no entry left for count as one, "".
  bool add(Reason reason, std::string_view object);
  /// Those counted so far: a prefix of the entries, which no longer change but for their counts.
  [[nodiscard]] size_t size() const { return used_.load(std::memory_order_acquire); }
  [[nodiscard]] const Entry& at(size_t index) const { return entries_[index]; }

 private:
  Entry* find(Reason reason, std::string_view object, size_t used);

  Mutex mutex_;
  std::array<Entry, capacity> entries_{};
  std::atomic<size_t> used_{0};
};

}  // namespace rocmfix::hip

#endif
