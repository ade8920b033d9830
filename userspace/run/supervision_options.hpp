// SPDX-License-Identifier: MIT
// What the user asks of the supervisor: how often the command is started again, after what, and
// when a silence is a hang. Flags, then variables.
#pragma once

#include <cstdint>
#include <string_view>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

struct HangAfter {
  std::uint64_t ms = 0;           ///< without a sign of life; 0: nothing is ever taken for a hang
  bool automatic = false;         ///< `ms` until the program says what is normal for it
  std::uint64_t shortest_ms = 0;  ///< what the program says counts from here on

  [[nodiscard]] bool watched() const { return ms > 0; }
};

/// As typed; nullptr: not given.
struct SupervisionFlags {
  const char* retries = nullptr;
  const char* retry_on = nullptr;
  const char* hang_after = nullptr;
};

struct SupervisionOptions {
  unsigned retries = 0;  ///< restarts after a fault, in all
  bool retry_crashes = false;
  HangAfter hang_after{};
};

/// "30m", "90s" or "90", "2h", "off" or "0", "auto", "auto:2m". False: not understood, `after` is
/// unchanged.
bool read_hang_after(std::string_view text, HangAfter& after);

/// Errors: invalid, with a hint.
Result<SupervisionOptions> complete_supervision(const SupervisionFlags& flags);

}  // namespace rocmfix::run
