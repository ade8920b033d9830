// SPDX-License-Identifier: MIT
#include "supervisor/crash_document.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

#include "report.hpp"
#include "rocmfix/redaction.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/time_text.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

/// "SIGABRT"; "signal 40" for one without a name.
std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

Json names_of(const std::vector<const Mitigation*>& mitigations) {
  Json names = Json::array();
  for (const Mitigation* mitigation : mitigations) {
    names.push_back(mitigation->name);
  }
  return names;
}

Json decision_object(const Decision& decision) {
  Json object = {{"verdict", to_string(decision.verdict)}};
  if (decision.verdict == Verdict::restart) {
    object["delay_ms"] = decision.delay_ms;
    object["measures"] = names_of(decision.mitigations);
  }
  return object;
}

const char* kind_of(const Outcome& outcome) {
  switch (outcome.fault) {
    case FaultKind::memory:
      return "gpu_memory_fault";
    case FaultKind::hang:
      return "gpu_hang";
    case FaultKind::crash:
    case FaultKind::none:
      break;
  }
  return "other";
}

/// `files`: of the reports that are not the first, by their number.
Json process_objects(const FaultReports& reports, const std::vector<std::string>& files) {
  Json list = Json::array();
  for (std::size_t i = 0; i < reports.own.size(); ++i) {
    list.push_back(process_object(read_foreign_json(reports.own[i].text)));
    if (i < files.size() && !files[i].empty()) {
      list.back()["file"] = files[i];
    }
  }
  return list;
}

}  // namespace

Json process_object(const Json& report) {
  Json object = Json::object();
  for (const char* const key : {"pid", "program", "rank", "time", "summary"}) {
    if (const auto found = report.find(key); found != report.end() && found->is_primitive()) {
      object[key] = *found;
    }
  }
  return object;
}

std::string crash_document(const CrashReport& report, const std::vector<std::string>& files) {
  const Diagnosis& diagnosis = *report.diagnosis;
  const ExitInfo& exit_info = *report.exit_info;
  Json document = report_document(diagnosis);
  const bool reported = document.is_object();
  if (!reported) {
    document = {{"schema", 1},
                {"kind", kind_of(diagnosis.outcome)},
                {"time", utc_time_text()},
                {"pid", exit_info.pid}};
  }
  document["reported_by_layer"] = reported;
  if (reported) {
    document["processes"] = process_objects(diagnosis.reports, files);
  }
  if (diagnosis.hang) {
    document["hang"] = hang_object(*diagnosis.hang);
  }
  document["command"] = redact_command(report.command);
  document["command_pid"] = exit_info.pid;
  if (exit_info.signalled) {
    document["ended_by"] = signal_name(exit_info.status);
  } else {
    document["exit_status"] = exit_info.status;
  }
  document["lived_ms"] = exit_info.lived_ms;
  document["attempt"] = report.attempt;
  document["retries"] = report.retries;
  document["measures"] = names_of(report.mitigations);
  Json set = Json::object();
  for (const Assignment& one : report.assignments) {
    set[std::string(one.name)] = one.value;
  }
  document["measures_set"] = std::move(set);
  document["explained"] = diagnosis.explained;
  document["incidents"] =
      diagnosis.incidents.empty() ? Json::array() : incident_documents(diagnosis);
  Json facts = Json::array();
  for (const auto& [fact, value] : diagnosis.facts) {
    facts.push_back({{"fact", fact}, {"value", value}});
  }
  document["facts"] = std::move(facts);
  Json lines = Json::array();
  for (const ExplainedLine& line : diagnosis.lines) {
    lines.push_back({{"source", line.source}, {"text", redact_text(line.text)}});
  }
  document["lines"] = std::move(lines);
  if (report.decision != nullptr) {
    document["decision"] = decision_object(*report.decision);
  }
  document["rocmfix"] = ROCMFIX_VERSION;
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace rocmfix::run
