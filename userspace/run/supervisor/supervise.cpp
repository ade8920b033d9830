// SPDX-License-Identifier: MIT
#include "supervisor/supervise.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "incident/incident_store.hpp"
#include "ranks.hpp"
#include "report.hpp"
#include "rocmfix/restart.hpp"
#include "rocmfix/standard_streams.hpp"
#include "supervisor/alive_folder.hpp"
#include "supervisor/circumstances.hpp"
#include "supervisor/crash_report.hpp"
#include "supervisor/descriptor.hpp"
#include "supervisor/diagnosis.hpp"
#include "supervisor/family.hpp"
#include "supervisor/inherited.hpp"
#include "supervisor/output.hpp"
#include "supervisor/process.hpp"
#include "supervisor/report_file.hpp"
#include "supervisor/state.hpp"
#include "supervisor/terminal.hpp"
#include "supervisor/watch.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

constexpr std::string_view program = "rocmfix-run: ";

constexpr int own_failure = 125;

/// What the rocmfix-run around this one has given its command, to find reports again.
std::string outer_tag() {
  const char* const tag = own_variable("ROCMFIX_REPORT_TAG");
  return tag != nullptr && hip::is_tag(tag) ? tag : "";
}

std::string survivors_text(const std::vector<Survivor>& survivors) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < survivors.size() && i < most; ++i) {
    const Survivor& one = survivors[i];
    text += std::string(program) + "warning: process " + std::to_string(one.pid) + " (" +
            printable(one.name) + "), which the command left behind, " +
            (one.denied  ? "runs as another user: it was not killed, and may still use the GPU"
             : one.stuck ? "does not die, not even from SIGKILL: stuck in the driver?"
                         : "has not exited yet after SIGKILL") +
            "\n";
  }
  if (survivors.size() > most) {
    text += std::string(program) + "warning: and " + std::to_string(survivors.size() - most) +
            " more processes\n";
  }
  return text;
}

/// For who looks at the process, as rocmfix-gui does.
std::string names_text(const std::vector<const Mitigation*>& mitigations) {
  std::string text;
  for (const Mitigation* const one : mitigations) {
    text += (text.empty() ? "" : " ") + std::string(one->name);
  }
  return text;
}

class Supervisor {
 public:
  Supervisor(const Job& job, Escalation escalation, SignalQueue signals, KernelLog& log,
             std::optional<AliveFolder> alive)
      : options_(*job.options),
        job_(job),
        escalation_(std::move(escalation)),
        signals_(std::move(signals)),
        log_(log),
        alive_(std::move(alive)),
        restart_context_(circumstances_of(*job.preparation)),
        crash_context_{.root = job.options->root,
                       .gpus = job.preparation->gpus,
                       .variables = {},
                       .incident_directory = incident_directory(),
                       .report_tag = {},
                       .outer_tag = outer_tag()} {
    for (char* const* word = options_.command; *word != nullptr; ++word) {
      command_.emplace_back(*word);
    }
    if (alive_ && options_.supervision.hang_after.watched()) {
      watch_.emplace(signals_, *alive_, log_, crash_context_, options_.supervision.hang_after);
    }
  }

  Result<int> run() {
    for (;;) {
      crash_context_.report_tag = new_report_tag();
      crash_context_.began = std::time(nullptr);
      if (watch_) {
        watch_->begin();
      }
      const auto ended = run_command(signals_, start());
      if (!ended) {
        return fail(ended.error());
      }
      if (ended->denied) {
        say(std::string(program) + "warning: the command, process " + std::to_string(ended->pid) +
            ", runs as another user and cannot be signalled: it is left running\n");
        return end(*ended);
      }
      say(survivors_text(end_left_behind(signals_)));
      const auto delay = look_into(*ended);
      int by = 0;
      if (!delay) {
        return end(*ended);
      }
      if (!wait_unless_told(signals_, *delay, &by)) {
        return end(ExitInfo{.signalled = true, .status = by, .reports = {}});
      }
      terminal_.restore(ended->pid);
    }
  }

 private:
  void say(std::string_view text) const { run::say(signals_, text); }

  /// Does not return where the command ended by a signal: what has to go, goes before.
  int end(const ExitInfo& exit_info) {
    watch_.reset();
    alive_.reset();
    return end_as(signals_, exit_info);
  }

  [[nodiscard]] Start start() {
    return {.with_reports = job_.preparation->layered,
            .watch = watch_ ? &*watch_ : nullptr,
            .guarded = true,
            .enter = [this](int reports) { return enter(reports); }};
  }

  /// In the child.
  [[nodiscard]] int enter(int reports) const {
    bool set = job_.set_environment();
    const auto put = [&](const std::string& name, const std::string& value) {
      set = set && setenv(name.c_str(), value.c_str(), 1) == 0;
    };
    if (reports >= 0) {
      put("ROCMFIX_REPORT_FD", std::to_string(reports));
      put("ROCMFIX_REPORT_TAG", crash_context_.report_tag);
    }
    if (alive_) {
      put(hip::alive_variable, alive_->path());
    }
    if (watch_) {
      // Python then prints the stacks of its threads when it is aborted. rocmfix.alive() has a
      // better way, and takes this back, which it knows by the value.
      set = set && setenv("PYTHONFAULTHANDLER", "rocmfix-run", /*overwrite=*/0) == 0;
      unsetenv("ROCMFIX_HANG_AFTER");
    }
    if (options_.supervision.retries > 0) {
      put("ROCMFIX_ATTEMPT", std::to_string(history_.size() + 1));
      // Or a launcher in the launcher would multiply them.
      unsetenv("ROCMFIX_RETRIES");
      unsetenv("ROCMFIX_RETRY_ON");
    }
    if (!history_.empty()) {
      put("ROCMFIX_RESUME", "1");
    }
    if (!mitigations_.empty()) {
      put("ROCMFIX_MITIGATIONS", names_text(mitigations_));
    }
    for (const Assignment& one : assignments_of(mitigations_, restart_context_)) {
      put(std::string(one.name), std::string(one.value));
    }
    if (!set) {
      const std::string text = error_text(io_error("cannot set the environment", errno));
      static_cast<void>(write_all(STDERR_FILENO, text));
      return own_failure;
    }
    return job_.become();
  }

  /// How long to wait before the next attempt; nullopt: this was the last.
  std::optional<std::uint64_t> look_into(const ExitInfo& exit_info) {
    if (crash_context_.variables.empty() && exit_info.failed()) {
      crash_context_.variables = quoted_variables(options_.root, *job_.preparation, escalation_);
    }
    crash_context_.rank = is_one_of_several_ranks();
    Diagnosis diagnosis = diagnose(signals_, exit_info, log_, crash_context_);
    // Also when that came only now: the command had ended as it ended.
    diagnosis.outcome.told_to_stop = exit_info.told_to_stop || signals_.told_to_stop();
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    diagnosis.outcome.ended_ms = static_cast<std::uint64_t>(now.tv_sec) * 1000 +
                                 static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
    take_signs_of_life(diagnosis.outcome);
    const SupervisionOptions& asked = options_.supervision;
    if (diagnosis.outcome.fault == FaultKind::none && diagnosis.outcome.crashed &&
        asked.retry_crashes) {
      diagnosis.outcome.fault = FaultKind::crash;
    }
    history_.push_back({mitigations_, diagnosis.outcome});
    const Decision decision =
        decide_restart(escalation_, restart_context_, history_, options_.supervision.retries);
    if (diagnosis.reports.distrusted) {
      say(std::string(program) + "warning: the report that the HIP interposer has left in " +
          printable(crash_context_.incident_directory) +
          " was not read: others can write there (chmod go-w)\n");
    }
    if (diagnosis.found()) {
      account_for(exit_info, diagnosis, decision);
    } else if (exit_info.failed() && diagnosis.reports.unhandled()) {
      pass_on(exit_info, diagnosis, decision);
    } else {
      tell_the_end(exit_info, decision);
    }
    if (decision.verdict != Verdict::restart) {
      return std::nullopt;
    }
    mitigations_ = decision.mitigations;
    return decision.delay_ms;
  }

  [[nodiscard]] CrashReport report_of(const ExitInfo& exit_info, const Diagnosis& diagnosis,
                                      const Decision& decision) const {
    return {.diagnosis = &diagnosis,
            .exit_info = &exit_info,
            .command = command_,
            .attempt = history_.size(),
            .retries = options_.supervision.retries,
            .decision = options_.supervision.retries > 0 ? &decision : nullptr,
            .mitigations = mitigations_,
            .assignments = assignments_of(mitigations_, restart_context_),
            .outer_tag = crash_context_.outer_tag};
  }

  /// Where launchers within the command have described the fault, and given up.
  void pass_on(const ExitInfo& exit_info, const Diagnosis& diagnosis,
               const Decision& decision) const {
    if (options_.verbosity != Verbosity::quiet) {
      say(inner_accounts_text(crash_context_.incident_directory, diagnosis.reports));
    }
    tell_decision(report_of(exit_info, diagnosis, decision));
  }

  void tell_decision(const CrashReport& report) const {
    const bool loud = report.decision != nullptr && report.decision->taken != nullptr &&
                      report.decision->taken->loud;
    if (options_.verbosity != Verbosity::quiet || loud) {
      say(decision_text(report, restart_context_));
    }
  }

  void take_signs_of_life(Outcome& outcome) const {
    if (!alive_) {
      return;
    }
    for (const AliveProcess& process : alive_->read()) {
      // Below what a sum of some hundred of them could overflow.
      constexpr std::uint64_t most = 1ULL << 48U;
      outcome.beats += std::min(process.file.beats.beats, most);
      outcome.progress += std::min(process.file.beats.progress, most);
    }
    alive_->clear();
  }

  void account_for(const ExitInfo& exit_info, const Diagnosis& diagnosis,
                   const Decision& decision) const {
    const CrashReport report = report_of(exit_info, diagnosis, decision);
    const auto saved = save_crash_report(crash_context_.incident_directory, report);
    if (options_.verbosity != Verbosity::quiet) {
      std::string text = crash_report_text(report);
      text += std::string(program) +
              (saved ? "  saved: " + printable(saved->file)
                     : "  not saved: " + printable(to_string(saved.error()))) +
              "\n";
      if (saved && saved->removed > 0) {
        text += std::string(program) + "  removed: the " + std::to_string(saved->removed) +
                " oldest incidents there; " + hip::what_is_kept + "\n";
      }
      say(text + inner_accounts_text(crash_context_.incident_directory, diagnosis.reports));
    }
    tell_decision(report);
  }

  [[nodiscard]] std::string crash_without_evidence() const {
    return std::string(program) +
           "a crash, and no sign of a GPU fault in the HIP interposer's report" +
           (log_.source() == LogSource::none ? "; the kernel log could not be read\n"
                                             : " or the kernel log\n");
  }

  /// After faults, how it came out; and of a crash, that it was no fault.
  void tell_the_end(const ExitInfo& exit_info, const Decision& decision) const {
    if (options_.verbosity == Verbosity::quiet) {
      return;
    }
    const unsigned retries = options_.supervision.retries;
    if (is_crash(exit_info) && retries > 0 && history_.back().outcome.fault == FaultKind::none) {
      say(crash_without_evidence() + std::string(program) +
          "not started again: --retry-on=crash would also retry after such a crash\n");
    }
    if (history_.back().outcome.fault == FaultKind::crash) {
      CrashReport report;
      report.attempt = history_.size();
      report.retries = retries;
      report.decision = &decision;
      say(crash_without_evidence() + decision_text(report, restart_context_));
      return;
    }
    const std::size_t faults = history_.size() - 1;
    if (faults > 0) {
      say(std::string(program) + "attempt " + std::to_string(history_.size()) + " ended" +
          (exit_info.signalled ? " by signal " : " with status ") +
          std::to_string(exit_info.status) + ", after " + std::to_string(faults) +
          (faults == 1 ? " fault" : " faults") + ", described in " +
          printable(crash_context_.incident_directory) + "\n");
    } else if (options_.verbosity == Verbosity::verbose && retries == 0 && is_crash(exit_info)) {
      say(crash_without_evidence());
    }
  }

  const Options& options_;
  const Job& job_;
  Escalation escalation_;
  SignalQueue signals_;
  KernelLog& log_;
  std::optional<AliveFolder> alive_;
  Terminal terminal_;
  RestartContext restart_context_;
  CrashContext crash_context_;
  std::vector<std::string> command_;
  std::vector<Attempt> history_;
  std::vector<const Mitigation*> mitigations_;
  std::optional<Watch> watch_;  // refers to what is above
};

}  // namespace

namespace {

/// A process in between, which is the command's parent, gets the command's orphans and nobody
/// else's. This one keeps the children that it was started with, and never touches them.
Result<int> supervise_apart(const Job& job) {
  auto signals = SignalQueue::open();
  if (!signals) {
    return fail(signals.error());
  }
  const auto enter = [&](int /*reports*/) {
    const auto status = supervise(job);
    if (!status) {
      static_cast<void>(write_all(STDERR_FILENO, error_text(status.error())));
    }
    return status ? *status : own_failure;
  };
  const auto ended =
      run_command(*signals, {.with_reports = false, .guarded = false, .enter = enter});
  if (!ended) {
    return fail(ended.error());
  }
  let_readers_finish(*signals);
  return end_as(*signals, *ended);
}

/// Only where something is made of it. Without it the command still runs, with a message.
std::optional<AliveFolder> alive_folder(const Options& options) {
  if (options.supervision.retries == 0 && !options.supervision.hang_after.watched()) {
    return std::nullopt;
  }
  auto made = AliveFolder::make();
  if (!made) {
    write_stderr(std::string(program) +
                 "warning: heartbeats have no effect, and no hang is noticed: " +
                 printable(to_string(made.error())) + "\n");
    return std::nullopt;
  }
  return std::move(*made);
}

}  // namespace

Result<int> supervise(const Job& job) {
  if (has_inherited_children()) {
    return supervise_apart(job);
  }
  const auto root = Root::open(job.options->root);
  if (!root) {
    return fail(root.error());
  }
  auto escalation =
      job.options->supervision.retries > 0 ? Escalation::load(*root) : Escalation::built_in();
  if (!escalation) {
    return fail(escalation.error());
  }
  KernelLog log(*root);
  auto signals = SignalQueue::open();
  if (!signals) {
    return fail(signals.error());
  }
  adopt_orphans();
  return Supervisor(job, std::move(*escalation), std::move(*signals), log,
                    alive_folder(*job.options))
      .run();
}

}  // namespace rocmfix::run
