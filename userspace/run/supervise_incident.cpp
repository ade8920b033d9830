// SPDX-License-Identifier: MIT
#include "supervise_incident.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "formatted.hpp"
#include "incident_store.hpp"
#include "report.hpp"
#include "rocmfix/fault_event.hpp"
#include "rocmfix/redaction.hpp"

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

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) {
    return {};
  }
  return object[key].get<std::string>();
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

Json names_of(const std::vector<const Rung*>& rungs) {
  Json names = Json::array();
  for (const Rung* rung : rungs) {
    names.push_back(rung->name);
  }
  return names;
}

Json decision_object(const Decision& decision) {
  Json object = {{"verdict", to_string(decision.verdict)}};
  if (decision.verdict == Verdict::restart) {
    object["delay_ms"] = decision.delay_ms;
    object["measures"] = names_of(decision.measures);
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

/// The layer's document, where it wrote one, and after it what is known outside the process.
std::string document_of(const Account& account) {
  const Examination& examination = *account.examination;
  const Ending& ending = *account.ending;
  Json document = report_document(examination);
  const bool reported = document.is_object();
  if (!reported) {
    document = {{"schema", 1},
                {"kind", kind_of(examination.outcome)},
                {"time", now_text()},
                {"pid", ending.pid}};
  }
  document["reported_by_layer"] = reported;
  document["command"] = redact_command(account.command);
  document["command_pid"] = ending.pid;
  if (ending.signalled) {
    document["ended_by"] = signal_name(ending.status);
  } else {
    document["exit_status"] = ending.status;
  }
  document["lived_ms"] = ending.lived_ms;
  document["attempt"] = account.attempt;
  document["retries"] = account.retries;
  document["measures"] = names_of(account.measures);
  Json set = Json::object();
  for (const Assignment& one : account.assignments) {
    set[std::string(one.name)] = one.value;
  }
  document["measures_set"] = std::move(set);
  document["explained"] = examination.explained;
  document["incidents"] =
      examination.incidents.empty() ? Json::array() : incident_documents(examination);
  Json lines = Json::array();
  for (const ExplainedLine& line : examination.lines) {
    lines.push_back({{"source", line.source}, {"text", redact_text(line.text)}});
  }
  document["lines"] = std::move(lines);
  if (account.decision != nullptr) {
    document["decision"] = decision_object(*account.decision);
  }
  document["rocmfix"] = ROCMFIX_VERSION;
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

// ---------------------------------------------------------------- for a person

/// What the events tell together: ROCr knows the address, amdgpu who it was.
struct Headline {
  std::string what;
  std::string address;
  std::string rw;
  std::string client;
  std::string reason;
};

void add_event(const Json& event, bool reset_counts, Headline& headline) {
  const auto type = parse_fault_type(text_of(event, "type"));
  if (!type) {
    return;
  }
  if (headline.what.empty() && (reset_counts || *type != FaultType::gpu_reset)) {
    headline.what = describe(*type);
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

Headline headline_of(const Examination& examination) {
  Headline headline;
  const Json incidents = incident_documents(examination);
  for (const bool reset_counts : {false, true}) {
    for (const Json& incident : incidents) {
      for (const Json& event : incident["events"]) {
        add_event(event, reset_counts, headline);
      }
    }
  }
  const Json report = report_document(examination);
  if (report.is_object()) {
    headline.address = text_of(report["fault"], "address");
  }
  if (examination.outcome.fault == FaultKind::memory) {
    headline.what = "GPU memory fault";
  }
  return headline;
}

std::string first_line(const Account& account) {
  const Headline headline = headline_of(*account.examination);
  std::string text =
      std::string(program) + shown(headline.what) + " after " + seconds(account.ending->lived_ms);
  if (!headline.address.empty()) {
    text += ", address " + shown(headline.address);
  }
  if (!headline.rw.empty() || !headline.client.empty()) {
    text += ", " + (headline.rw.empty() ? std::string("access") : shown(headline.rw));
    text += headline.client.empty() ? "" : " by " + shown(headline.client);
  }
  return text + (headline.reason.empty() ? "" : ": " + shown(headline.reason)) + "\n";
}

std::string grade_in_words(const std::string& grade) {
  if (grade == "S") {
    return "read in source";
  }
  if (grade == "U") {
    return "reported by users";
  }
  return grade == "S, U" ? "read in source, reported by users" : "not verified";
}

std::string causes_text(const Examination& examination) {
  constexpr int most = 2;
  if (!examination.explained) {
    return std::string(more) + "cause: not looked into, rocmfix(1) did not answer\n";
  }
  std::string text;
  int count = 0;
  for (const Json& incident : incident_documents(examination)) {
    for (const Json& cause : incident.value("causes", Json::array())) {
      if (++count > most) {
        continue;
      }
      text += std::string(more) + "cause, " + shown(text_of(cause, "confidence")) + ": " +
              shown(text_of(cause, "id")) + " (" + grade_in_words(text_of(cause, "grade")) + ": " +
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

std::string set_text(const std::vector<Assignment>& assignments, const Rung& rung) {
  std::string text;
  for (const Assignment& one : rung.set) {
    for (const Assignment& set : assignments) {
      if (set.name == one.name) {
        text += (text.empty() ? "" : " ") + std::string(set.name) + "=" + std::string(set.value);
      }
    }
  }
  return text;
}

}  // namespace

std::string incident_text(const Account& account) {
  const Examination& examination = *account.examination;
  std::string text = first_line(account);
  const Json report = report_document(examination);
  const std::string where = text_of(report, "summary");
  if (!where.empty()) {
    text += std::string(more) + "where: " + shown(where) + "\n";
  }
  text += causes_text(examination);
  if (account.decision == nullptr && examination.outcome.fault != FaultKind::none) {
    text += std::string(more) +
            "try: rocmfix-run --retries 5, if the command can go on from where it was\n";
  }
  return text;
}

std::string decision_text(const Account& account, const Circumstances& circumstances) {
  if (account.decision == nullptr) {
    return {};
  }
  const Decision& decision = *account.decision;
  if (decision.verdict != Verdict::restart) {
    return std::string(program) + "not started again: " + std::string(describe(decision.verdict)) +
           "\n";
  }
  std::string text = std::string(program) + "attempt " + std::to_string(account.attempt + 1) +
                     " of at most " + std::to_string(account.retries + 1) + " in " +
                     seconds(decision.delay_ms);
  if (decision.taken_back != nullptr) {
    text += ", without " + std::string(decision.taken_back->name) + " again";
  }
  if (decision.taken == nullptr) {
    return text + (decision.measures.empty() ? "\n" : ", with the same measures\n");
  }
  const auto assignments = assignments_of(decision.measures, circumstances);
  text += ", with " + std::string(decision.taken->name) + "\n" + std::string(more) +
          std::string(decision.taken->summary) + ": " + set_text(assignments, *decision.taken) +
          "\n";
  if (decision.taken->hint) {
    text += std::string(more) + "(a hint: a program that does not read it runs as before)\n";
  }
  return text;
}

Result<SavedIncident> save_incident(const std::string& directory, const Account& account) {
  const std::string& given = account.examination->report_name;
  const std::string text = document_of(account);
  hip::IncidentFolder folder;
  if (directory.empty()) {
    return fail({ErrorCode::failed, "there is no directory for it", 0,
                 "set HOME, or ROCMFIX_INCIDENT_DIR"});
  }
  if (!folder.make(directory.c_str())) {
    return fail(io_error("cannot make the directory " + directory, errno));
  }
  hip::IncidentName made{};
  const bool written =
      !given.empty()
          ? folder.replace(given, text)
          : folder.write(std::time(nullptr), static_cast<std::uint32_t>(account.ending->pid), {},
                         text, made);
  if (!written) {
    return fail(io_error("cannot write in " + directory, errno));
  }
  const std::string name = !given.empty() ? given : made.data();
  return SavedIncident{directory + "/" + name, folder.prune({}, name)};
}

}  // namespace rocmfix::run
