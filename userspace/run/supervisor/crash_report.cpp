// SPDX-License-Identifier: MIT
#include "supervisor/crash_report.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "incident/incident_store.hpp"
#include "report.hpp"
#include "rocmfix/redaction.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/grade.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view program = "rocmfix-run: ";
constexpr std::string_view more = "rocmfix-run:   ";

/// What comes from elsewhere, on its line, and no more of it than a line should have. The file has
/// all of it.
std::string shown(const std::string& text) {
  constexpr std::size_t most = 400;
  if (text.size() <= most) {
    return printable(text);
  }
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
    --end;  // not within a character
  }
  return printable(std::string_view(text).substr(0, end)) +
         formatted("... ({} bytes)", text.size());
}

std::string seconds(std::uint64_t ms) {
  return formatted("{}.{} s", ms / 1000, ms % 1000 / 100);
}

/// "SIGABRT"; "signal 40" for one without a name.
std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

// ---------------------------------------------------------------- the document

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return formatted("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                   utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
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
    case FaultKind::none:
      break;
  }
  return "other";
}

/// The interposer's document, where it wrote one, and after it what is known outside the process.
std::string document_of(const CrashReport& report) {
  const Diagnosis& diagnosis = *report.diagnosis;
  const ExitInfo& exit_info = *report.exit_info;
  Json document = report_document(diagnosis);
  const bool reported = document.is_object();
  if (!reported) {
    document = {{"schema", 1},
                {"kind", kind_of(diagnosis.outcome)},
                {"time", now_text()},
                {"pid", exit_info.pid}};
  }
  document["reported_by_layer"] = reported;
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

// ---------------------------------------------------------------- for a person

/// What the events show together: ROCr knows the address, amdgpu who it was.
struct Headline {
  std::string what;
  std::string address;
  std::string rw;
  std::string client;
  std::string reason;
};

void add_event(const Json& event, bool consequences_count, Headline& headline) {
  const bool consequence = event.is_object() && event.value("consequence", Json()) == true;
  if (headline.what.empty() && (consequences_count || !consequence)) {
    headline.what = text_of(event, "what");
  }
  const auto take = [&](std::string& field, const char* key) {
    if (field.empty()) {
      field = text_of(event, key);
    }
  };
  take(headline.address, "address");
  take(headline.rw, "rw");
  take(headline.client, "client");
  take(headline.reason, "reason");
}

Headline headline_of(const Diagnosis& diagnosis) {
  Headline headline;
  const Json incidents = incident_documents(diagnosis);
  for (const bool consequences_count : {false, true}) {
    for (const Json& incident : incidents) {
      for (const Json& event : incident["events"]) {
        add_event(event, consequences_count, headline);
      }
    }
  }
  const Json report = report_document(diagnosis);
  if (report.is_object()) {
    headline.address = text_of(report["fault"], "address");
  }
  if (diagnosis.outcome.fault == FaultKind::memory) {
    headline.what = "GPU memory fault";
  }
  return headline;
}

std::string first_line(const CrashReport& report) {
  const Headline headline = headline_of(*report.diagnosis);
  std::string text =
      std::string(program) + shown(headline.what) + " after " + seconds(report.exit_info->lived_ms);
  if (!headline.address.empty()) {
    text += ", address " + shown(headline.address);
  }
  if (!headline.rw.empty() || !headline.client.empty()) {
    text += ", " + (headline.rw.empty() ? std::string("access") : shown(headline.rw));
    text += headline.client.empty() ? "" : " by " + shown(headline.client);
  }
  return text + (headline.reason.empty() ? "" : ": " + shown(headline.reason)) + "\n";
}

std::string causes_text(const Diagnosis& diagnosis) {
  constexpr int most = 2;
  if (!diagnosis.explained) {
    return std::string(more) + "cause: not examined, because librocmfix did not answer\n";
  }
  std::string text;
  int count = 0;
  for (const Json& incident : incident_documents(diagnosis)) {
    for (const Json& cause : incident.value("causes", Json::array())) {
      if (++count > most) {
        continue;
      }
      text += std::string(more) + "cause, " + shown(text_of(cause, "confidence")) + ": " +
              shown(text_of(cause, "id")) + " (" +
              std::string(grade_in_words(text_of(cause, "grade"))) + ": " +
              shown(text_of(cause, "source")) + ")\n";
      text += std::string(more) + "  try: " + shown(text_of(cause, "remedy")) + "\n";
      text += std::string(more) + "  check: " + shown(text_of(cause, "check")) + "\n";
    }
  }
  if (count > most) {
    text += std::string(more) + "and " + std::to_string(count - most) +
            " more causes, in the file below\n";
  }
  return count > 0 ? text : std::string(more) + "cause: not determined\n";
}

std::string set_text(const std::vector<Assignment>& assignments, const Mitigation& mitigation) {
  std::string text;
  for (const Assignment& one : mitigation.set) {
    for (const Assignment& set : assignments) {
      if (set.name == one.name) {
        text += (text.empty() ? "" : " ") + std::string(set.name) + "=" + std::string(set.value);
      }
    }
  }
  return text;
}

}  // namespace

std::string crash_report_text(const CrashReport& report) {
  const Diagnosis& diagnosis = *report.diagnosis;
  std::string text = first_line(report);
  const Json fault = report_document(diagnosis);
  const std::string where = text_of(fault, "summary");
  if (!where.empty()) {
    text += std::string(more) + "where: " + shown(where) + "\n";
  }
  text += causes_text(diagnosis);
  if (report.decision == nullptr && diagnosis.outcome.fault != FaultKind::none) {
    text += std::string(more) +
            "try: rocmfix-run --retries 5, if the command can resume from where it stopped\n";
  }
  return text;
}

std::string decision_text(const CrashReport& report, const RestartContext& context) {
  if (report.decision == nullptr) {
    return {};
  }
  const Decision& decision = *report.decision;
  if (decision.verdict != Verdict::restart) {
    return std::string(program) + "not started again: " + std::string(describe(decision.verdict)) +
           "\n";
  }
  std::string text = std::string(program) + "attempt " + std::to_string(report.attempt + 1) +
                     " of at most " + std::to_string(report.retries + 1) + " in " +
                     seconds(decision.delay_ms);
  if (decision.taken_back != nullptr) {
    text += ", without " + std::string(decision.taken_back->name) + " again";
  }
  if (decision.taken == nullptr) {
    return text + (decision.mitigations.empty() ? "\n" : ", with the same mitigations\n");
  }
  const auto assignments = assignments_of(decision.mitigations, context);
  text += ", with " + std::string(decision.taken->name) + "\n" + std::string(more) +
          std::string(decision.taken->summary) + ": " + set_text(assignments, *decision.taken) +
          "\n";
  if (decision.taken->hint) {
    text += std::string(more) + "(a hint: a program that ignores it runs as before)\n";
  }
  return text;
}

Result<SavedCrashReport> save_crash_report(const std::string& directory,
                                           const CrashReport& report) {
  const std::string& given = report.diagnosis->report_name;
  const std::string text = document_of(report);
  hip::IncidentFolder folder;
  if (directory.empty()) {
    return fail({ErrorCode::failed, "there is no directory for it", 0,
                 "set HOME, or ROCMFIX_INCIDENT_DIR"});
  }
  if (!folder.make(directory.c_str())) {
    return fail(io_error("cannot create the directory " + directory, errno));
  }
  hip::IncidentName made{};
  const bool written =
      !given.empty()
          ? folder.replace(given, text)
          : folder.write(std::time(nullptr), static_cast<std::uint32_t>(report.exit_info->pid), {},
                         text, made);
  if (!written) {
    return fail(io_error("cannot write in " + directory, errno));
  }
  const std::string name = !given.empty() ? given : made.data();
  return SavedCrashReport{directory + "/" + name, folder.prune({}, name)};
}

}  // namespace rocmfix::run
