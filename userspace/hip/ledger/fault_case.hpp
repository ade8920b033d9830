// SPDX-License-Identifier: MIT
// What a faulting address has to do with the blocks that the ledger knows. Pure: no clock, no I/O.
#ifndef ROCMFIX_HIP_FAULT_CASE_HPP
#define ROCMFIX_HIP_FAULT_CASE_HPP

#include <cstdint>

#include "ledger/ledger.hpp"

namespace rocmfix::hip {

enum class FaultCase : uint8_t {
  nil,             // in the first 64 KiB: a null pointer, or an index on one
  inside,          // in a live block
  past_end,        // after a live block, before any other
  before_start,    // before a live block
  freed_recently,  // in a block freed less than a second ago: maybe a kernel still ran on it
  freed_long_ago,
  never_mapped,  // nothing that we have seen is near
};

/// "inside", "past_end", ...
const char* fault_case_name(FaultCase value);

/// The hardware reports the page, not the byte.
inline constexpr uint64_t gpu_page = 4096;
/// Further away than this, a block is not held for the one that was meant.
inline constexpr uint64_t near = uint64_t{16} << 20U;
inline constexpr uint64_t recently = 1'000'000'000;
inline constexpr uint64_t nil_end = 0x10000;

/// Fed block by block, in any order.
class Neighbourhood {
 public:
  explicit Neighbourhood(uint64_t address) : address_(address) {}

  void see(const Block& live);
  void see(const FreedBlock& freed);

  [[nodiscard]] FaultCase classify(uint64_t now) const;

  // address 0: none
  [[nodiscard]] const Block& inside() const { return inside_; }
  [[nodiscard]] const Block& below() const { return below_; }
  [[nodiscard]] const Block& above() const { return above_; }
  [[nodiscard]] const FreedBlock& freed() const { return freed_; }
  [[nodiscard]] uint64_t past_end() const { return address_ - (below_.address + below_.size); }
  [[nodiscard]] uint64_t before_start() const { return above_.address - address_; }
  /// below() is the nearer one.
  [[nodiscard]] bool below_is_nearer() const;
  [[nodiscard]] uint64_t live_seen() const { return live_seen_; }
  [[nodiscard]] uint64_t freed_seen() const { return freed_seen_; }

 private:
  [[nodiscard]] bool holds(const Block& block) const;

  uint64_t address_;
  Block inside_{};
  Block below_{};
  Block above_{};
  FreedBlock freed_{};
  uint64_t live_seen_ = 0;
  uint64_t freed_seen_ = 0;
};

}  // namespace rocmfix::hip

#endif
