// SPDX-License-Identifier: MIT
#include "supervisor/diagnosis.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <string_view>

#include "rocmfix/driver.hpp"
#include "supervisor/explainer.hpp"
#include "supervisor/family.hpp"
#include "supervisor/report_file.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

// A log of days has many incidents.
constexpr JsonLimits explanation_limits{
    .bytes = 16U << 20U, .depth = 32, .members = 512, .values = 2'000'000, .cpu_ms = 3000};

// Nothing that comes from another process may throw here, or have a type that it should not have.

bool is_report(const Json& document) {
  return document.is_object() && text_of(document, "kind") == "gpu_memory_fault" &&
         document.contains("fault") && document["fault"].is_object();
}

/// The first whole report among the lines that were written to the descriptor.
std::string report_in(std::string_view lines) {
  constexpr int most = 64;  // the interposer writes one a fault
  for (int i = 0; i < most && !lines.empty(); ++i) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (is_report(read_foreign_json(line))) {
      return std::string(line);
    }
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return {};
}

/// Where the descriptor was of no use to the interposer, it has written a file.
void find_report_file(const CrashContext& context, pid_t pid, Diagnosis& diagnosis) {
  ReportFiles found = read_report_files(context.incident_directory, context.report_tag, pid);
  diagnosis.reports_distrusted = found.distrusted;
  for (ReportFile& file : found.files) {
    const Json document = read_foreign_json(file.text);
    // One with incidents is a supervisor's own.
    if (is_report(document) && !document.contains("incidents")) {
      diagnosis.report = std::move(file.text);
      diagnosis.report_name = std::move(file.name);
      return;
    }
  }
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
  take("address", fault.value("address", Json()));
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

/// What causes can require of the machine, by faults.toml's names.
void add_machine(const CrashContext& context, Diagnosis& diagnosis) {
  if (const auto root = Root::open(context.root)) {
    if (const auto release = read_kernel_release(*root)) {
      diagnosis.facts.emplace_back("kernel", *release);
    }
  }
  for (const Gpu& gpu : context.gpus) {
    if (gpu.kfd_node) {
      diagnosis.facts.emplace_back("gpu-node", gpu.pci_id);
    }
    if (gpu.supported && gpu.gfx) {
      diagnosis.facts.emplace_back(gpu.family == Family::rdna1 ? "rdna1" : "rdna2", *gpu.gfx);
    }
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
/// of its own.
bool is_foreign(const Json& event, pid_t command) {
  if (!event.contains("pid") || !event["pid"].is_number_unsigned()) {
    return false;
  }
  const auto number = event["pid"].get<std::uint64_t>();
  const auto pid = static_cast<pid_t>(number);
  if (number == 0 || number > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    return false;
  }
  return pid != command && kill(pid, 0) == 0 && !is_below(pid, getpid());
}

/// Leaves out the incidents of others; a memory fault is what a hang after it came from.
void take_incidents(const Json& incidents, pid_t command, Diagnosis& diagnosis) {
  Json ours = Json::array();
  Outcome& outcome = diagnosis.outcome;
  for (const Json& incident : incidents) {
    if (!incident.is_object() || !incident.contains("events") || !incident["events"].is_array()) {
      continue;
    }
    const Json& events = incident["events"];
    if (std::any_of(events.begin(), events.end(),
                    [&](const Json& event) { return is_foreign(event, command); })) {
      continue;
    }
    for (const Json& event : events) {
      const FaultKind kind = parse_fault_kind(text_of(event, "kind"));
      if (outcome.fault == FaultKind::none || kind == FaultKind::memory) {
        outcome.fault = kind;
      }
    }
    for (const Json& cause : incident.value("causes", Json::array())) {
      const std::string id = text_of(cause, "id");
      outcome.causes.push_back(id);
      if (text_of(cause, "confidence") != "possible") {
        outcome.sure_causes.push_back(id);
      }
    }
    ours.push_back(incident);
  }
  if (!ours.empty()) {
    diagnosis.incidents = ours.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace

bool is_crash(const ExitInfo& exit_info) {
  constexpr int as_a_shell = 128;  // the command is a script, and what it ran has crashed
  const int signal = exit_info.signalled ? exit_info.status : exit_info.status - as_a_shell;
  return signal == SIGABRT || signal == SIGSEGV || signal == SIGBUS;
}

Json report_document(const Diagnosis& diagnosis) {
  return diagnosis.report.empty() ? Json() : read_foreign_json(diagnosis.report);
}

Json incident_documents(const Diagnosis& diagnosis) {
  return diagnosis.incidents.empty() ? Json()
                                     : read_foreign_json(diagnosis.incidents, explanation_limits);
}

Diagnosis diagnose(const SignalQueue& signals, const ExitInfo& exit_info, KernelLog& log,
                   const CrashContext& context) {
  Diagnosis diagnosis;
  Outcome& outcome = diagnosis.outcome;
  outcome.crashed = is_crash(exit_info);
  outcome.told_to_stop = exit_info.told_to_stop;
  outcome.lived_ms = exit_info.lived_ms;
  diagnosis.report = report_in(exit_info.reports);
  if (diagnosis.report.empty() && outcome.crashed) {
    find_report_file(context, exit_info.pid, diagnosis);
  }
  const bool failed = exit_info.signalled || exit_info.status != 0;
  const std::vector<std::string> kernel =
      failed ? log.take(signals, outcome.crashed || exit_info.signalled)
             : std::vector<std::string>();
  if (diagnosis.report.empty() && kernel.empty()) {
    return diagnosis;
  }
  add_machine(context, diagnosis);
  const char* const source = log.source() == LogSource::journal ? "journal" : "kernel";
  for (const std::string& line : kernel) {
    diagnosis.lines.push_back({source, line});
  }
  const Json report = report_document(diagnosis);
  if (report.is_object()) {
    outcome.fault = FaultKind::memory;
    outcome.worked = has_worked(report);
  }
  const Json incidents = explain(signals, diagnosis, report, context.root);
  diagnosis.explained = incidents.is_array();
  if (diagnosis.explained) {
    take_incidents(incidents, exit_info.pid, diagnosis);
  }
  return diagnosis;
}

}  // namespace rocmfix::run
