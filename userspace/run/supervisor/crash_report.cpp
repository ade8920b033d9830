// SPDX-License-Identifier: MIT
#include "supervisor/crash_report.hpp"

#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>

#include "incident/incident_store.hpp"
#include "report.hpp"
#include "supervisor/crash_document.hpp"
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
    const bool hang = text_of(report, "kind") == "gpu_hang";
    headline.address = hang ? "" : text_of(report["fault"], "address");
  }
  if (diagnosis.outcome.fault == FaultKind::memory) {
    headline.what = "GPU memory fault";
  } else if (diagnosis.hang) {
    headline.what = "a hang, ended";
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

/// "process 4242 (python3), rank 1"
std::string process_text(const Json& report) {
  const Json object = process_object(report);
  const auto number = [&](const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned()
               ? std::to_string(found->get<std::uint64_t>())
               : std::string();
  };
  const std::string rank = number("rank");
  return "process " + number("pid") + " (" + shown(text_of(object, "program")) + ")" +
         (rank.empty() ? "" : ", rank " + rank);
}

/// Nothing where it was the command's own process alone.
std::string processes_text(const CrashReport& report) {
  constexpr std::size_t most = 16;
  const auto& own = report.diagnosis->reports.own;
  if (own.empty() ||
      (own.size() == 1 && own.front().pid == static_cast<std::uint64_t>(report.exit_info->pid))) {
    return {};
  }
  if (own.size() == 1) {
    return std::string(more) + "in: " + process_text(read_foreign_json(own.front().text)) + "\n";
  }
  std::string text = std::string(more) + std::to_string(own.size()) +
                     " processes reported a fault; the first of them is described here:\n";
  for (std::size_t i = 0; i < own.size() && i < most; ++i) {
    const Json document = read_foreign_json(own[i].text);
    const std::string summary = text_of(document, "summary");
    text += std::string(more) + "  " + process_text(document) +
            (summary.empty() ? "" : ": " + shown(summary)) + "\n";
  }
  if (own.size() > most) {
    text += std::string(more) + "  and " + std::to_string(own.size() - most) + " more\n";
  }
  return text;
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
  text += processes_text(report);
  text += causes_text(diagnosis);
  if (!report.exit_info->failed()) {
    text += std::string(more) +
            "but the command ended with status 0: it has coped with the fault, or it is a pipe "
            "(| tee), which hides the status unless bash is told: set -o pipefail\n";
  } else if (report.decision == nullptr && diagnosis.outcome.fault != FaultKind::none) {
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

std::string inner_accounts_text(const std::string& directory, const FaultReports& reports) {
  constexpr std::size_t most = 16;
  std::size_t count = 0;
  std::string text;
  for (const InnerAccount& account : reports.inner) {
    if (!account.handled && ++count <= most) {
      text += std::string(more) + "  " + printable(directory + "/" + account.file) + "\n";
    }
  }
  if (count > most) {
    text += std::string(more) + "  and " + std::to_string(count - most) + " more\n";
  }
  return count == 0 ? text
                    : std::string(program) + "a GPU fault, described by rocmfix-run within the " +
                          "command:\n" + text;
}

namespace {

/// The names of the reports' files; those that came over the descriptor get one. That of the first
/// is left to the account.
std::vector<std::string> keep_reports(const hip::IncidentFolder& folder,
                                      const FaultReports& reports) {
  std::vector<std::string> files;
  for (const ProcessReport& report : reports.own) {
    files.push_back(report.file);
    hip::IncidentName made{};
    if (report.file.empty() && files.size() > 1 &&
        folder.write(std::time(nullptr), static_cast<std::uint32_t>(report.pid), {},
                     report.text + "\n", made)) {
      files.back() = made.data();
    }
  }
  return files;
}

}  // namespace

Result<SavedCrashReport> save_crash_report(const std::string& directory,
                                           const CrashReport& report) {
  hip::IncidentFolder folder;
  if (directory.empty()) {
    return fail({ErrorCode::failed, "there is no directory for it", 0,
                 "set HOME, or ROCMFIX_INCIDENT_DIR"});
  }
  if (!folder.make(directory.c_str())) {
    return fail(io_error("cannot create the directory " + directory, errno));
  }
  const std::vector<std::string> files = keep_reports(folder, report.diagnosis->reports);
  const std::string given = files.empty() ? std::string() : files.front();
  const std::string text = crash_document(report, files);
  const bool renamed = given.empty() || !report.outer_tag.empty();
  hip::IncidentName made{};
  const bool written =
      renamed ? folder.write(std::time(nullptr), static_cast<std::uint32_t>(report.exit_info->pid),
                             report.outer_tag, text, made)
              : folder.replace(given, text);
  if (!written) {
    return fail(io_error("cannot write in " + directory, errno));
  }
  if (renamed && !given.empty()) {
    unlinkat(folder.get(), given.c_str(), 0);
  }
  const std::string name = renamed ? made.data() : given;
  return SavedCrashReport{directory + "/" + name, folder.prune({}, name)};
}

}  // namespace rocmfix::run
