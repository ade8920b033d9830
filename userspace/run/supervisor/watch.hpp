// SPDX-License-Identifier: MIT
// Looks, while the command runs, whether it still does something; and ends what hangs: it is told
// which HIP calls are open and how busy the GPU is, and asked for its stacks; then SIGABRT, and
// after a grace SIGKILL. With --hang-after only.
//
// Refuses to: signal a process that is not known by its number and its start; count time in which
// a process of the command is stopped, one that should do something is traced, or the machine is
// suspended; wake a GPU.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/hang_watch.hpp"
#include "supervision_options.hpp"
#include "supervisor/alive_folder.hpp"
#include "supervisor/diagnosis.hpp"
#include "supervisor/hang_report.hpp"
#include "supervisor/kernel_log.hpp"
#include "supervisor/signals.hpp"

namespace rocmfix::run {

class Watch {
 public:
  Watch(const SignalQueue& signals, const AliveFolder& folder, KernelLog& log,
        const CrashContext& context, const HangAfter& after);

  /// For the next attempt.
  void begin();
  /// How long until look() is due, in ms.
  [[nodiscard]] int until_next_look() const;
  /// Does nothing before it is due.
  void look();
  /// Ctrl-C at the terminal, which the command has got, too. The second one that a process leaves
  /// unanswered becomes SIGTERM, the third SIGKILL.
  void interrupted();

  /// What was taken for a hang and ended; nullopt: nothing was.
  [[nodiscard]] const std::optional<HangReport>& report() const { return report_; }

 private:
  struct Target {
    AliveProcess process;
    std::uint64_t activity = 0;
  };

  [[nodiscard]] std::vector<Target> expected(const std::vector<AliveProcess>& processes) const;
  [[nodiscard]] HangLimit limit() const;
  [[nodiscard]] bool is_held(std::uint64_t now_ms, const std::vector<Target>& targets);
  void see_the_log(std::uint64_t now_ms);
  void end_it(std::uint64_t now_ms, const std::vector<AliveProcess>& processes);
  void press_on(std::uint64_t now_ms);
  [[nodiscard]] HangReport describe(const std::vector<Target>& targets) const;

  const SignalQueue& signals_;
  const AliveFolder& folder_;
  KernelLog& log_;
  const CrashContext& context_;
  HangAfter after_;
  std::uint64_t step_ms_;
  HangWatch watch_;
  std::uint64_t next_look_ms_ = 0;
  std::uint64_t next_log_ms_ = 0;
  bool reset_ = false;
  std::uint64_t held_since_ms_ = 0;  ///< a process is stopped; 0: none is
  bool told_of_hold_ = false;
  std::vector<Target> aborted_;
  std::uint64_t aborted_ms_ = 0;
  bool killed_ = false;
  bool stuck_ = false;
  std::vector<Target> asked_;
  int unanswered_ = 0;
  std::optional<HangReport> report_;
};

}  // namespace rocmfix::run
