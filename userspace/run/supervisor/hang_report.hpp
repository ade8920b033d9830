// SPDX-License-Identifier: MIT
// What is known of a hang at the moment when it is ended, for a person and for the crash report.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/thread_states.hpp"

namespace rocmfix::run {

struct HangReport {
  struct Call {
    std::string api;  ///< "hipStreamSynchronize"
    std::uint32_t thread = 0;
  };
  struct Process {
    pid_t pid = 0;
    std::string name;  ///< as /proc has it: any bytes
    std::uint64_t beats = 0;
    std::vector<Call> calls;          ///< open ones
    std::vector<std::string> stacks;  ///< as py-spy has printed them; any bytes
  };
  struct Gpu {
    std::string bdf;
    std::string power;                          ///< "suspended": it was not asked; else empty
    std::optional<std::uint64_t> busy_percent;  ///< as the driver has it
  };

  std::uint64_t silent_ms = 0;
  std::uint64_t limit_ms = 0;
  bool after_reset = false;  ///< the kernel log has a reset of the GPU
  std::vector<Process> processes;
  std::vector<StuckThread> stuck;  ///< of all processes of the command
  std::vector<Gpu> gpus;
};

/// "2 h 5 min", "30 min", "90 s".
std::string duration_text(std::uint64_t ms);
/// Some lines for stderr, before the processes are ended.
std::string hang_text(const HangReport& report);
nlohmann::ordered_json hang_object(const HangReport& report);

}  // namespace rocmfix::run
