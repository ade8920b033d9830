// SPDX-License-Identifier: MIT
#include "supervisor/diagnosis.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <set>
#include <string_view>

#include "rocmfix/machine_facts.hpp"
#include "rocmfix/redaction.hpp"
#include "supervisor/explainer.hpp"
#include "supervisor/family.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

// A log of days has many incidents.
constexpr JsonLimits explanation_limits{
    .bytes = 16U << 20U, .depth = 32, .members = 512, .values = 2'000'000, .cpu_ms = 3000};

// Nothing that comes from another process may throw here, or have a type that it should not have.

/// The runtime has reported a hang, or a reset of the GPU.
bool is_of_hang(const Json& report) {
  return text_of(report, "kind") == "gpu_hang";
}

/// The report as an event, by faults.toml's names. What is no text or number in it is left out.
Json event_of(const Json& report) {
  Json event = {{"type", report["kind"]}};
  const Json& fault = report["fault"];
  const auto take = [&](const char* key, const Json& value) {
    if (value.is_string() || value.is_number_unsigned()) {
      event[key] = value;
    }
  };
  if (!is_of_hang(report)) {
    take("address", fault.value("address", Json()));
  }
  take("reason", fault.value("reason", Json()));
  if (const Json reasons = fault.value("reasons", Json()); reasons.is_array() && !reasons.empty()) {
    take("reason", reasons.front());
  }
  if (const Json gpu = report.value("gpu", Json()); gpu.is_object()) {
    take("node", gpu.value("node", Json()));
  }
  return event;
}

/// It made a GPU call: the interposer lists calls or blocks; others say so.
bool has_worked(const Json& report) {
  const bool calls =
      report.contains("calls") && report["calls"].is_array() && !report["calls"].empty();
  const bool blocks = report.contains("layer") && report["layer"].is_object() &&
                      report["layer"].contains("live") &&
                      report["layer"]["live"].is_number_unsigned() &&
                      report["layer"]["live"].get<std::uint64_t>() > 0;
  return calls || blocks || report.value("worked", Json()) == true;
}

/// What causes can require of the machine and of the environment.
void add_machine(const CrashContext& context, Diagnosis& diagnosis) {
  if (const auto root = Root::open(context.root)) {
    diagnosis.facts = machine_facts(*root, context.gpus);
  }
  for (const std::string& variable : context.variables) {
    diagnosis.lines.push_back({"environment", variable});
  }
}

/// The array of incidents; null when there is no answer. `report`: null, or the interposer's.
Json explain(const SignalQueue& signals, const Diagnosis& diagnosis, const Json& report,
             const std::string& root) {
  Json request = {{"schema", 1}, {"facts", Json::array()}, {"environment", Json::array()}};
  for (const auto& [fact, value] : diagnosis.facts) {
    request["facts"].push_back({{"fact", fact}, {"value", value}});
  }
  std::string log;
  for (const ExplainedLine& line : diagnosis.lines) {
    if (std::string_view(line.source) == "environment") {
      request["environment"].push_back(line.text);
    } else {
      log += line.text + "\n";
    }
  }
  request["log"] = std::move(log);
  if (report.is_object()) {
    request["events"] = Json::array({event_of(report)});
  }
  const auto answer =
      ask_library(signals, root, request.dump(-1, ' ', false, Json::error_handler_t::replace));
  Json document = answer ? read_foreign_json(*answer, explanation_limits) : Json();
  return document.is_object() && document.contains("incidents") && document["incidents"].is_array()
             ? document["incidents"]
             : Json();
}

/// The log is the whole machine's: a process outside the command that is still running had a fault
/// of its own. One rank's fault is in the log for all of them, and has ended them all.
bool is_foreign(const Json& event, pid_t command, bool rank) {
  if (!event.contains("pid") || !event["pid"].is_number_unsigned()) {
    return false;
  }
  const auto number = event["pid"].get<std::uint64_t>();
  const auto pid = static_cast<pid_t>(number);
  if (number == 0 || number > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    return false;
  }
  return pid != command && (rank || (kill(pid, 0) == 0 && !is_below(pid, getpid())));
}

/// A memory fault is what a hang after it came from.
void take_kind(FaultKind kind, Outcome& outcome) {
  if (outcome.fault == FaultKind::none || kind == FaultKind::memory) {
    outcome.fault = kind;
  }
}

void take_causes(const Json& incident, Outcome& outcome) {
  for (const Json& cause : incident.value("causes", Json::array())) {
    const std::string id = text_of(cause, "id");
    outcome.causes.push_back(id);
    if (text_of(cause, "confidence") != "possible") {
      outcome.sure_causes.push_back(id);
    }
  }
}

/// Leaves out the incidents of others.
void take_incidents(const Json& incidents, pid_t command, bool rank, Diagnosis& diagnosis) {
  Json ours = Json::array();
  for (const Json& incident : incidents) {
    if (!incident.is_object() || !incident.contains("events") || !incident["events"].is_array()) {
      continue;
    }
    const Json& events = incident["events"];
    if (std::any_of(events.begin(), events.end(),
                    [&](const Json& event) { return is_foreign(event, command, rank); })) {
      continue;
    }
    for (const Json& event : events) {
      take_kind(parse_fault_kind(text_of(event, "kind")), diagnosis.outcome);
    }
    take_causes(incident, diagnosis.outcome);
    ours.push_back(incident);
  }
  if (!ours.empty()) {
    diagnosis.incidents = ours.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

/// What launchers within the command have found in the kernel's log is no second fault.
void leave_out_what_is_described(const std::vector<Json>& accounts,
                                 std::vector<std::string>& kernel) {
  std::set<std::string> described;
  for (const Json& account : accounts) {
    for (const Json& line : account.value("lines", Json::array())) {
      described.insert(text_of(line, "text"));
    }
  }
  std::erase_if(kernel,
                [&](const std::string& line) { return described.contains(redact_text(line)); });
}

/// A fault that a launcher within the command has described, and not handled, ended the command.
void take_account(const Json& account, Outcome& outcome) {
  const bool hang = text_of(account, "kind") == "gpu_hang";
  take_kind(hang ? FaultKind::hang : FaultKind::memory, outcome);
  outcome.worked = outcome.worked || has_worked(account);
  for (const Json& incident : account.value("incidents", Json::array())) {
    if (incident.is_object()) {
      take_causes(incident, outcome);
    }
  }
}

void take_inner(Diagnosis& diagnosis, std::vector<std::string>& kernel) {
  std::vector<Json> accounts;
  for (const InnerAccount& inner : diagnosis.reports.inner) {
    accounts.push_back(read_foreign_json(inner.text));
    if (!inner.handled) {
      take_account(accounts.back(), diagnosis.outcome);
    }
  }
  if (!accounts.empty() && !kernel.empty()) {
    leave_out_what_is_described(accounts, kernel);
  }
}

}  // namespace

bool is_crash(const ExitInfo& exit_info) {
  constexpr int as_a_shell = 128;  // the command is a script, and what it ran has crashed
  const int signal = exit_info.signalled ? exit_info.status : exit_info.status - as_a_shell;
  return signal == SIGABRT || signal == SIGSEGV || signal == SIGBUS;
}

Json report_document(const Diagnosis& diagnosis) {
  const auto& own = diagnosis.reports.own;
  return own.empty() ? Json() : read_foreign_json(own.front().text);
}

Json incident_documents(const Diagnosis& diagnosis) {
  return diagnosis.incidents.empty() ? Json()
                                     : read_foreign_json(diagnosis.incidents, explanation_limits);
}

bool reports_hang(const SignalQueue& signals, const std::vector<std::string>& lines,
                  const CrashContext& context) {
  Diagnosis log;
  for (const std::string& line : lines) {
    log.lines.push_back({"kernel", line});
  }
  const Json incidents = explain(signals, log, Json(), context.root);
  for (const Json& incident : incidents.is_array() ? incidents : Json::array()) {
    const Json events = incident.is_object() ? incident.value("events", Json()) : Json();
    for (const Json& event : events.is_array() ? events : Json::array()) {
      const std::string bdf = text_of(event, "bdf");
      if (parse_fault_kind(text_of(event, "kind")) == FaultKind::hang &&
          std::any_of(context.gpus.begin(), context.gpus.end(),
                      [&](const Gpu& gpu) { return gpu.supported && gpu.bdf == bdf; })) {
        return true;
      }
    }
  }
  return false;
}

Diagnosis diagnose(const SignalQueue& signals, const ExitInfo& exit_info, KernelLog& log,
                   const CrashContext& context) {
  Diagnosis diagnosis;
  Outcome& outcome = diagnosis.outcome;
  const bool failed = exit_info.failed();
  diagnosis.reports = collect_reports({.lines = exit_info.reports,
                                       .directory = context.incident_directory,
                                       .tag = context.report_tag,
                                       .command = exit_info.pid,
                                       .since = failed ? 0 : context.began});
  // A launcher ends with a status of its own when its worker has crashed.
  outcome.crashed = is_crash(exit_info) || (failed && diagnosis.reports.unhandled());
  outcome.told_to_stop = exit_info.told_to_stop;
  outcome.lived_ms = exit_info.lived_ms;
  if (exit_info.hang && failed) {
    diagnosis.hang = exit_info.hang;
    outcome.crashed = outcome.worked = true;
    outcome.fault = FaultKind::hang;
  }
  std::vector<std::string> kernel = failed
                                        ? log.take(signals, outcome.crashed || exit_info.signalled)
                                        : std::vector<std::string>();
  if (failed) {
    take_inner(diagnosis, kernel);
  }
  const auto& own = diagnosis.reports.own;
  if (own.empty() && kernel.empty() && !diagnosis.hang) {
    return diagnosis;
  }
  add_machine(context, diagnosis);
  const char* const source = log.source() == LogSource::journal ? "journal" : "kernel";
  for (const std::string& line : kernel) {
    diagnosis.lines.push_back({source, line});
  }
  if (!own.empty()) {
    for (const auto& report : own) {
      const bool of_hang = is_of_hang(read_foreign_json(report.text));
      take_kind(of_hang ? FaultKind::hang : FaultKind::memory, outcome);
    }
    outcome.worked = outcome.worked || std::any_of(own.begin(), own.end(), [](const auto& report) {
                       return has_worked(read_foreign_json(report.text));
                     });
  }
  const Json incidents = explain(signals, diagnosis, report_document(diagnosis), context.root);
  diagnosis.explained = incidents.is_array();
  if (diagnosis.explained) {
    take_incidents(incidents, exit_info.pid, context.rank, diagnosis);
  }
  return diagnosis;
}

}  // namespace rocmfix::run
