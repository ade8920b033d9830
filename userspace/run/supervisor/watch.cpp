// SPDX-License-Identifier: MIT
#include "supervisor/watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <functional>

#include "hip/apis.hpp"
#include "report.hpp"
#include "rocmfix/printable.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/family.hpp"
#include "supervisor/output.hpp"
#include "supervisor/pidfd.hpp"
#include "supervisor/proc.hpp"
#include "supervisor/python_stacks.hpp"
#include "supervisor/thread_states.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix::run {

namespace {

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t grace_ms = 10 * second;    // for a core, and Python's stacks
constexpr std::uint64_t journal_ms = 30 * second;  // a process of its own each time, or sooner

bool is_open(const AliveProcess& process, const hip::AliveCall& call) {
  // A thread that was ended within a call leaves it open.
  return (call.number & 1U) != 0 && call.thread != 0 &&
         access(formatted("/proc/{}/task/{}", process.pid, call.thread).c_str(), F_OK) == 0;
}

std::uint64_t activity_of(const AliveProcess& process) {
  std::uint64_t sum = process.file.beats.beats + process.file.beats.progress;
  for (const hip::AliveCall& call : process.file.calls) {
    sum += call.number;
  }
  return sum;
}

std::string name_of(const AliveProcess& process, const hip::AliveCall& call) {
  const bool same_names = process.file.head.apis == static_cast<std::uint64_t>(hip::Api::count);
  const std::string name = same_names ? hip::api_name(static_cast<hip::Api>(call.api)) : "";
  return name.empty() ? "a HIP call" : name;
}

/// False: it is another process by now, or gone, or may not be signalled.
bool send(const AliveProcess& process, int signal) {
  const FileDescriptor pidfd(open_pidfd(process.pid));
  return pidfd && hip::alive_name(process.pid).data() == process.name &&
         signal_pidfd(pidfd.get(), signal);
}

/// Those of its threads, on its own stderr, if it has said how. What it says is checked: another
/// signal could be meant for something else.
bool ask_for_stacks(const AliveProcess& process) {
  const std::uint64_t number = process.file.head.stacks_signal;
  return number >= static_cast<std::uint64_t>(SIGRTMIN) &&
         number <= static_cast<std::uint64_t>(SIGRTMAX) && send(process, static_cast<int>(number));
}

bool is_there(const AliveProcess& process) {
  const auto relations = relations_of(process.pid);
  return hip::alive_name(process.pid).data() == process.name &&
         (!relations || relations->state != 'Z');
}

}  // namespace

Watch::Watch(const SignalQueue& signals, const AliveFolder& folder, KernelLog& log,
             const CrashContext& context, const HangAfter& after)
    : signals_(signals),
      folder_(folder),
      log_(log),
      context_(context),
      after_(after),
      step_ms_(std::clamp<std::uint64_t>((after.automatic ? after.shortest_ms : after.ms) / 20, 50,
                                         5 * second)),
      watch_(limit()) {}

HangLimit Watch::limit() const {
  return {.ms = after_.ms,
          .automatic = after_.automatic,
          .shortest_ms = after_.shortest_ms,
          .step_ms = step_ms_};
}

void Watch::begin() {
  watch_ = HangWatch(limit());
  next_look_ms_ = 0;
  reset_ = killed_ = stuck_ = told_of_hold_ = false;
  held_since_ms_ = 0;
  aborted_.clear();
  asked_.clear();
  unanswered_ = 0;
  report_.reset();
}

int Watch::until_next_look() const {
  const std::uint64_t now = now_ms();
  return next_look_ms_ <= now ? 0 : static_cast<int>(next_look_ms_ - now);
}

std::vector<Watch::Target> Watch::expected(const std::vector<AliveProcess>& processes) const {
  std::vector<Target> found;
  for (const AliveProcess& process : processes) {
    const auto& calls = process.file.calls;
    if (process.running &&
        (process.file.beats.beats > 0 ||
         std::any_of(calls.begin(), calls.end(),
                     [&](const hip::AliveCall& call) { return is_open(process, call); }))) {
      found.push_back({process, activity_of(process)});
    }
  }
  return found;
}

void Watch::look() {
  const std::uint64_t now = now_ms();
  if (now < next_look_ms_) {
    return;
  }
  next_look_ms_ = now + step_ms_;
  if (!aborted_.empty()) {
    press_on(now);
    return;
  }
  const std::vector<AliveProcess> processes = folder_.read();
  const std::vector<Target> targets = expected(processes);
  const bool held = watch_.silent_ms() > 0 && is_held(now, targets);
  std::vector<SignOfLife> signs;
  for (const AliveProcess& process : processes) {
    const bool is_expected = std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
      return target.process.name == process.name;
    });
    signs.push_back({.process = std::hash<std::string>()(process.name),
                     .activity = activity_of(process),
                     .expected = is_expected,
                     .paused = is_expected && held,
                     .limit_ms = process.file.beats.limit_ms});
  }
  if (watch_.look(now, signs, reset_)) {
    end_it(now, processes);
  } else if (watch_.silent_ms() == 0) {
    reset_ = false;
  } else {
    see_the_log(now);
  }
}

/// Also when only a process is stopped for which the others wait, a loader of data for example.
bool Watch::is_held(std::uint64_t now, const std::vector<Target>& targets) {
  pid_t holds = 0;
  for (const Target& target : targets) {
    holds = holds == 0 && is_paused(target.process.pid) ? target.process.pid : holds;
  }
  if (holds == 0) {
    const std::vector<pid_t> family = descendants();
    const auto found = std::find_if(family.begin(), family.end(), is_stopped);
    holds = found == family.end() ? 0 : *found;
  }
  if (holds == 0) {
    held_since_ms_ = 0;
    return false;
  }
  held_since_ms_ = held_since_ms_ == 0 ? now : held_since_ms_;
  if (!told_of_hold_ && now - held_since_ms_ >= watch_.limit_ms()) {
    told_of_hold_ = true;
    const std::string number = std::to_string(holds);
    say(signals_, "rocmfix-run: no sign of life for " + duration_text(now - held_since_ms_) +
                      ", and this is no hang: process " + number + " (" +
                      printable(process_name(holds).value_or("?")) +
                      ") is stopped, or a debugger holds it (kill -CONT " + number +
                      " continues one that is stopped)\n");
  }
  return true;
}

/// The kernel's own log costs a read(2), the journal a process.
void Watch::see_the_log(std::uint64_t now) {
  const std::uint64_t period = std::min(journal_ms, watch_.limit_ms() / 4);
  const bool ask_journal = watch_.silent_ms() >= period && now >= next_log_ms_;
  if (ask_journal) {
    next_log_ms_ = now + period;
  }
  const std::vector<std::string> lines = log_.look(signals_, ask_journal);
  reset_ = reset_ || (!lines.empty() && reports_hang(signals_, lines, context_));
}

HangReport Watch::describe(const std::vector<Target>& targets) const {
  HangReport report{.silent_ms = watch_.silent_ms(),
                    .limit_ms = watch_.limit_ms(),
                    .after_reset = reset_,
                    .processes = {},
                    .stuck = stuck_threads(descendants()),
                    .gpus = {}};
  bool asked_for_stacks = false;
  for (const Target& target : targets) {
    const AliveProcess& process = target.process;
    std::string name = process_name(process.pid).value_or("");
    HangReport::Process one{process.pid, std::move(name), process.file.beats.beats, {}, {}};
    // Each may take seconds: of one is enough.
    if (!asked_for_stacks && process.file.head.stacks_signal == 0 && is_python(process.pid)) {
      asked_for_stacks = true;
      one.stacks = python_stacks(signals_, process.pid);
    }
    for (const hip::AliveCall& call : process.file.calls) {
      if (is_open(process, call)) {
        one.calls.push_back({name_of(process, call), call.thread});
      }
    }
    report.processes.push_back(std::move(one));
  }
  const auto root = Root::open(context_.root);
  for (const Gpu& gpu : context_.gpus) {
    if (!root || !gpu.supported) {
      continue;
    }
    const std::string device = "/sys/bus/pci/devices/" + gpu.bdf;
    // Reading a suspended GPU's sensors would wake it.
    const auto power = root->read_line(device + "/power/runtime_status");
    const bool awake = !power || *power == "active" || *power == "unsupported";
    const auto busy = awake ? root->read_number(device + "/gpu_busy_percent") : std::nullopt;
    report.gpus.push_back({gpu.bdf, awake ? "" : *power, busy});
  }
  return report;
}

void Watch::end_it(std::uint64_t now, const std::vector<AliveProcess>& processes) {
  aborted_ = expected(processes);
  aborted_ms_ = now;
  killed_ = stuck_ = false;
  const HangReport report = describe(aborted_);
  say(signals_, hang_text(report));
  if (!report_) {
    report_ = report;
  }
  bool asked = false;
  for (const Target& target : aborted_) {
    asked = ask_for_stacks(target.process) || asked;
  }
  if (asked) {
    constexpr timespec moment{0, 300'000'000};  // a signal handler writes some lines
    nanosleep(&moment, nullptr);
  }
  for (const Target& target : aborted_) {
    send(target.process, SIGABRT);
  }
}

void Watch::press_on(std::uint64_t now) {
  std::erase_if(aborted_, [](const Target& target) { return !is_there(target.process); });
  if (aborted_.empty()) {
    watch_ = HangWatch(limit());
    return;
  }
  std::string numbers;
  for (const Target& target : aborted_) {
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(target.process.pid);
  }
  if (!killed_ && now - aborted_ms_ >= grace_ms) {
    killed_ = true;
    say(signals_, "rocmfix-run: still there " + duration_text(now - aborted_ms_) +
                      " after SIGABRT: SIGKILL to process " + numbers + "\n");
    for (const Target& target : aborted_) {
      send(target.process, SIGKILL);
    }
  } else if (!stuck_ && now - aborted_ms_ >= 4 * grace_ms) {
    stuck_ = true;
    say(signals_, "rocmfix-run: warning: process " + numbers +
                      " does not die, not even from SIGKILL: stuck in the driver? A reboot ends "
                      "it; rocmfix-run waits\n");
  }
}

void Watch::interrupted() {
  std::vector<Target> deaf;
  const std::vector<Target> now = expected(folder_.read());
  for (const Target& target : now) {
    const auto before = std::find_if(asked_.begin(), asked_.end(), [&](const Target& other) {
      return other.process.name == target.process.name && other.activity == target.activity;
    });
    if (before != asked_.end() && !is_paused(target.process.pid)) {
      deaf.push_back(target);
    }
  }
  if (deaf.empty()) {
    asked_ = now;
    unanswered_ = 1;
    return;
  }
  const int signal = ++unanswered_ > 2 ? SIGKILL : SIGTERM;
  std::string text;
  for (const Target& target : deaf) {
    text += "rocmfix-run: process " + std::to_string(target.process.pid) +
            " does not answer Ctrl-C: " + (signal == SIGKILL ? "SIGKILL" : "SIGTERM") +
            (signal == SIGKILL ? "\n" : " (once more for SIGKILL)\n");
    send(target.process, signal);
  }
  say(signals_, text);
}

}  // namespace rocmfix::run
