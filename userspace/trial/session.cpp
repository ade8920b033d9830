// SPDX-License-Identifier: MIT
#include "trial/session.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "rocmfix/driver.hpp"
#include "rocmfix/livepatch_switch.hpp"
#include "rocmfix/printable.hpp"
#include "trial/conditions.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/time_text.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::size_t most_log = 1U << 20U;

std::string seconds(std::uint64_t ms) {
  return formatted("{}.{} s", ms / 1000, ms % 1000 / 100);
}

/// A log is a help, not a result: what cannot be written is not worth to end a trial.
void write_log(const std::string& path, const std::string& text) {
  const FileDescriptor fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  static_cast<void>(fd && write_all(fd.get(), text));
}

Result<std::string> make_incident_directory(const std::string& directory, std::uint64_t number,
                                            const std::optional<User>& user) {
  const std::string path = formatted("{}/incidents-{:04}", directory, number);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(io_error("cannot create " + path, errno));
  }
  if (user && ::lchown(path.c_str(), user->uid, user->gid) != 0) {
    return fail(io_error("cannot give " + path + " to " + user->name, errno));
  }
  return std::filesystem::absolute(path).string();
}

}  // namespace

Result<std::string> find_launcher() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string launcher = (self.parent_path() / "rocmfix-run").string();
  if (error || ::access(launcher.c_str(), X_OK) != 0) {
    return fail({ErrorCode::failed, "there is no " + launcher, 0,
                 "a trial needs rocmfix-run next to rocmfix"});
  }
  return launcher;
}

Session::Session(const Root& root, Plan plan, Journal journal, FaultRules rules, Success success,
                 Say say)
    : root_(root),
      plan_(std::move(plan)),
      journal_(std::move(journal)),
      rules_(std::move(rules)),
      success_(std::move(success)),
      say_(std::move(say)) {
  if (const auto policy = Policy::load(root_)) {
    gpus_ = discover_gpus(root_, *policy);
  }
  for (const Arm& arm : plan_.arms) {
    names_.push_back(arm.name);
  }
}

Result<void> Session::take_up() {
  Json begun;
  for (const Json& entry : journal_.entries()) {
    const std::string kind = text_of(entry, "kind");
    if (kind == "begin") {
      begun = entry;
    }
    if (const auto run = read_run(entry)) {
      const bool known =
          plan_.bisect || std::find(names_.begin(), names_.end(), run->arm) != names_.end();
      if (!known || run->number != next_number_ || run->block >= plan_.runs) {
        return fail(
            {ErrorCode::invalid,
             formatted("the journal has a run {} that the trial does not have", run->number), 0,
             "a trial that was changed says nothing: begin a new one"});
      }
      take(*run);
      begun = nullptr;
    }
  }
  if (!begun.is_object()) {
    return {};
  }
  // It began, and nobody saw it end.
  auto lost = read_run([&] {
    Json entry = begun;
    const std::string boot = text_of(begun, "boot");
    const bool down = !boot.empty() && boot != boot_id(root_);
    entry["kind"] = "run";
    entry["outcome"] = to_string(down ? Outcome::down : Outcome::stopped);
    entry["why"] = down ? "the machine went down during the run" : "the trial was killed";
    return entry;
  }());
  if (!lost || lost->number != next_number_) {
    return {};
  }
  take(*lost);
  return journal_.append(run_json(*lost));
}

void Session::take(const Run& run) {
  ++next_number_;
  runs_.push_back(run);
  with_load_ = with_load_ || !other_load(run.before).empty();
  elapsed_ms_ += run.ms + plan_.settle_ms;
}

Result<void> Session::set_driver(bool livepatch) {
  const bool used = std::any_of(plan_.arms.begin(), plan_.arms.end(),
                                [](const Arm& arm) { return arm.needs_livepatch(); });
  if (!used || inspect_driver(root_).livepatch.in_force() == livepatch) {
    return {};
  }
  const auto status = switch_livepatch(root_, livepatch);
  if (!status) {
    return fail(status.error());
  }
  if (*status != 0) {
    return fail({ErrorCode::failed,
                 std::string("the livepatch cannot be switched ") + (livepatch ? "on" : "off"), 0,
                 "see above; rocmfix livepatch status"});
  }
  return {};
}

Start Session::start_of(const Arm& arm, const std::string& incidents, Judge& judge,
                        BoundedText& log) const {
  Start start;
  start.words = {find_launcher().value_or("rocmfix-run"), "--"};
  start.words.insert(start.words.end(), plan_.command.begin(), plan_.command.end());
  start.variables = arm.variables();
  start.variables.emplace_back("ROCMFIX_INCIDENT_DIR", incidents);
  if (!plan_.simulate.empty()) {
    start.variables.emplace_back("ROCMFIX_SIM", plan_.simulate);
  } else if (!root_.is_system()) {
    start.variables.emplace_back("ROCMFIX_ROOT", root_.dir().string());
  }
  start.unset = {"ROCMFIX_RETRY_ON", "ROCMFIX_RESUME", "ROCMFIX_ATTEMPT"};
  start.user = user_before_sudo();
  start.timeout_ms = plan_.timeout_ms;
  start.output = [&](std::string_view bytes) {
    judge.output(bytes);
    log.add(bytes);
  };
  return start;
}

Result<Run> Session::perform(const Next& next, Run run) {
  const auto incidents =
      make_incident_directory(journal_.directory(), run.number, user_before_sudo());
  if (!incidents) {
    return fail(incidents.error());
  }
  BoundedText log(most_log);
  Judge judge(rules_, success_);
  const auto ended = run_command(start_of(next.arm, *incidents, judge, log), signals_);
  if (!ended) {
    return fail(ended.error());
  }
  judge.conclude(*ended, *incidents, run);
  ::rmdir(incidents->c_str());  // where it is empty
  write_log(formatted("{}/run-{:04}.log", journal_.directory(), run.number), log.text());
  return run;
}

Result<void> Session::make_run(const Next& next) {
  if (auto set = set_driver(next.arm.needs_livepatch()); !set) {
    return set;
  }
  if (!signals_.wait(plan_.settle_ms)) {
    return {};
  }
  Run run;
  run.number = next_number_;
  run.block = next.slot.block;
  run.arm = next.arm.name;
  run.time = utc_time_text();
  run.before = read_conditions(root_, gpus_);
  note_load(run);
  Json begin = run_json(run);
  begin["kind"] = "begin";
  begin["boot"] = boot_id(root_);
  if (auto written = journal_.append(begin); !written) {
    return written;
  }
  auto made = perform(next, run);
  if (!made) {
    return fail(std::move(made.error()));
  }
  take(*made);
  report(*made);
  return journal_.append(run_json(*made));
}

void Session::note_load(const Run& run) const {
  const std::string load = other_load(run.before);
  if (!load.empty() && !with_load_) {
    say_("warning: " + load + ": what is measured is not the arms alone");
  }
}

void Session::report(const Run& run) const {
  say_(formatted("run {}, {}: {} after {}{}", run.number, printable(run.arm),
                 to_string(run.outcome), seconds(run.ms),
                 run.outcome == Outcome::completed ? "" : " (" + run.why + ")"));
}

Findings Session::run() {
  Findings findings;
  for (;;) {
    const auto next = choose(findings.end, findings.next);
    if (!next) {
      break;
    }
    if (auto made = make_run(*next); !made) {
      findings.end = End::failed;
      findings.error = std::move(made.error());
      break;
    }
  }
  if (auto restored = set_driver(plan_.livepatch_before); !restored && !findings.error) {
    findings.error = std::move(restored.error());
  }
  // What cannot be written any more is known without it.
  static_cast<void>(journal_.append(
      {{"kind", "end"}, {"time", utc_time_text()}, {"why", to_string(findings.end)}}));
  findings.analysis = analyse(names_, runs_);
  if (plan_.bisect) {
    findings.bisection = bisect_so_far();
  }
  findings.plan = plan_;
  findings.runs = runs_;
  findings.directory = journal_.directory();
  findings.elapsed_ms = elapsed_ms_;
  findings.with_load = with_load_;
  return findings;
}

}  // namespace rocmfix::trial
