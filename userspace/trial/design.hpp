// SPDX-License-Identifier: MIT
// Which run comes next: blocks, each with one run of every arm, in an order that the seed decides.
// Pure: what has been run goes in, so that a trial continues after a crash where it was.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trial/run.hpp"

namespace rocmfix::trial {

struct Slot {
  std::uint64_t block = 0;
  std::string arm;
};

class Design {
 public:
  Design(std::vector<std::string> arms, std::uint64_t seed, std::uint64_t blocks)
      : arms_(std::move(arms)), seed_(seed), blocks_(blocks) {}

  /// The same on every machine and with every compiler.
  [[nodiscard]] std::vector<std::string> order(std::uint64_t block) const;

  /// `possible`: whether the driver, as it was booted, allows the arm. Arms that need another boot
  /// wait until the others have had their runs of `blocks_a_boot` blocks; then nothing is next, but
  /// not done(). A run that was stopped is made again.
  [[nodiscard]] std::optional<Slot> next(
      const std::vector<Run>& runs, const std::function<bool(const std::string&)>& possible) const;
  [[nodiscard]] bool done(const std::vector<Run>& runs) const;

  static constexpr std::uint64_t blocks_a_boot = 5;

 private:
  std::vector<std::string> arms_;
  std::uint64_t seed_;
  std::uint64_t blocks_;
};

}  // namespace rocmfix::trial
