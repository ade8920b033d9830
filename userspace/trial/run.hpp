// SPDX-License-Identifier: MIT
// One run of the command, as the journal has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::trial {

enum class Outcome : std::uint8_t {
  completed,
  fault,    ///< a GPU memory fault
  hang,     ///< a hang that the supervisor or a log reports, or longer than --timeout
  reset,    ///< the driver has reset the GPU
  failed,   ///< anything else: no sign of a GPU fault
  down,     ///< the machine went down meanwhile
  stopped,  ///< the trial was ended meanwhile
};
std::string_view to_string(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view word);

/// It says something about the arm's fault rate.
constexpr bool counts(Outcome outcome) {
  return outcome <= Outcome::reset;
}
constexpr bool is_bad(Outcome outcome) {
  return counts(outcome) && outcome != Outcome::completed;
}

/// The GPU before a run: "temperature_c", "sclk_mhz", "vram_used_mib", ... What is unknown is left
/// out.
using Conditions = std::map<std::string, std::int64_t>;

struct Run {
  std::uint64_t number = 0;  ///< from 1
  std::uint64_t block = 0;   ///< from 0; a bisection has none but 0
  std::string arm;
  Outcome outcome = Outcome::failed;
  std::string why;         ///< in words: "exit status 1"
  bool timed_out = false;  ///< it is called a hang for its length alone
  std::uint64_t ms = 0;
  std::string time;  ///< when it began, UTC
  Conditions before;
};

}  // namespace rocmfix::trial
