// SPDX-License-Identifier: MIT
// Runs the examinations under a recorder, and puts together what they read and what they said.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/json_document.hpp"
#include "report/captured_json.hpp"
#include "report/package_list.hpp"
#include "report/recording.hpp"
#include "report/report_archive.hpp"
#include "report/report_content.hpp"
#include "report/report_environment.hpp"
#include "rocmfix/builds.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/named_file.hpp"
#include "rocmfix/printable.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

using detail::Json;

namespace {

constexpr std::size_t largest_incident = 8U << 20U;
constexpr JsonLimits largest_result{.bytes = 8U << 20U, .values = 500'000, .cpu_ms = 3'000};

constexpr std::string_view read_me =
    "This is a report of rocmfix. `rocmfix doctor --root FILE` (or, unpacked, --root DIR) "
    "examines\n"
    "it like the machine that it was made on.\n"
    "\n"
    "rocmfix-report/  doctor.json, status.json, plan.json: what rocmfix said there;\n"
    "                 kernel-log.txt: the kernel's messages about GPUs; packages.txt; an "
    "incident;\n"
    "                 results of trials and self-tests\n"
    "everything else  the machine's files as far as rocmfix read them, of libraries only the "
    "bytes\n"
    "                 that it read (the rest are holes)\n"
    "\n"
    "Names of people and of the machine, serial numbers, addresses, and what looks like a "
    "password\n"
    "or a token were replaced by something of the same length. Please look through it before you\n"
    "give it to others: `rocmfix report --preview` prints all of it.\n";

struct Said {
  std::string doctor;
  std::string status;
  std::string plan;
};

/// What the verbs say, and all that they read to say it.
Result<Said> examine_all(const Root& root, const std::string& program,
                         const CheckProgress& progress) {
  const auto circumstances = gather_circumstances(root, program);
  if (!circumstances) {
    return fail(circumstances.error());
  }
  const auto examination = examine(root, *circumstances, {}, progress);
  if (!examination) {
    return fail(examination.error());
  }
  Said said;
  said.doctor = doctor_json(*examination);
  const auto policy = Policy::load(root);
  const auto machine = policy ? inspect_machine(root, *policy) : fail(policy.error());
  if (!machine) {
    said.status = said.plan = error_json(machine.error());
    return said;
  }
  Plan plan = make_plan(*machine, *policy, {});
  add_build_advice(plan, root, *machine);
  surroundings_of(root);
  said.status = status_json(*machine);
  said.plan = plan_json(plan);
  return said;
}

/// Values one by one: the names in a document are rocmfix's own.
void redact_values(Json& value, detail::ReportRedaction& redaction) {
  if (value.is_string()) {
    value = redaction.text(value.get<std::string>());
  } else if (value.is_structured()) {
    for (Json& one : value) {
      redact_values(one, redaction);
    }
  }
}

std::string redacted_document(const std::string& text, detail::ReportRedaction& redaction) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return redaction.text(text);
  }
  redact_values(json, redaction);
  return detail::dump(json);
}

/// Only a CrashReport is JSON; it is redacted once already, by the same rules.
void add_incident(detail::ReportTree& tree, const std::string& text,
                  detail::ReportRedaction& redaction) {
  const Json json = read_foreign_json<Json>(text, {.bytes = largest_incident});
  const bool is_json = json.is_object();
  detail::add_document(
      tree, formatted("{}/incident.{}", detail::documents_folder, is_json ? "json" : "txt"),
      is_json ? redacted_document(text, redaction) : redaction.text(text));
}

/// What `rocmfix trial --json` and the self-test wrote. Errors: those of read_named_file(); invalid
/// for anything else.
Result<std::vector<std::string>> read_results(const std::vector<std::string>& files) {
  std::vector<std::string> texts;
  for (const std::string& file : files) {
    auto text = read_named_file(file, largest_result.bytes);
    if (!text) {
      return fail(std::move(text.error()));
    }
    const std::string kind = text_of(read_foreign_json<Json>(*text, largest_result), "kind");
    if (kind != "trial" && kind != "selftest") {
      return fail({ErrorCode::invalid, printable(file) + " is no result of rocmfix", 0,
                   "a result is what rocmfix trial --json or rocmfix-selftest --json writes"});
    }
    texts.push_back(std::move(*text));
  }
  return texts;
}

/// The lines about GPUs of all logs that were read.
std::string kernel_log(const detail::Recording& recording, const detail::KeptLines& lines) {
  std::string text;
  for (const auto& [path, recorded] : recording.paths()) {
    const bool is_log =
        recorded.purpose == detail::ReadFor::log || recorded.purpose == detail::ReadFor::records;
    if (!recorded.content || !is_log) {
      continue;
    }
    text += formatted("== {}\n", path);
    const std::string kept = lines.of(*recorded.content, recorded.purpose);
    for (std::string_view rest = kept; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (!line.empty() && !line.ends_with(";")) {
        text.append(line).append("\n");
      }
    }
  }
  return text.empty() ? "No kernel log could be read by this user: sudo dmesg | grep -iE "
                        "'amdgpu|kfd'\n"
                      : text;
}

detail::CapturedFacts facts_of(const Root& root, const std::string& program, const Policy& policy,
                               detail::ReportRedaction& redaction) {
  detail::CapturedFacts facts;
  for (const auto& [name, value] : inherited_environment(root)) {
    if (detail::is_reported_variable(name, policy)) {
      facts.environment[name] = redaction.text(value);
    }
  }
  facts.program = redaction.path(program);
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  facts.directory = root.is_system() && !error ? redaction.path(here.string()) : "/";
  return facts;
}

}  // namespace

Result<Report> make_report(const Root& root, const ReportRequest& request,
                           const CheckProgress& progress) {
  if (root.captured() != nullptr) {
    return fail({ErrorCode::refused, "this is a report already", 0, "leave out --root"});
  }
  const auto incident = request.incident.empty()
                            ? Result<std::string>("")
                            : read_named_file(request.incident, largest_incident);
  if (!incident) {
    return fail(incident.error());
  }
  const auto results = read_results(request.results);
  if (!results) {
    return fail(results.error());
  }
  auto examined = Root::open(root.dir());
  if (!examined) {
    return fail(std::move(examined.error()));
  }
  detail::Recording recording;
  examined->record_into(&recording);
  const auto said = examine_all(*examined, request.program, progress);
  examined->record_into(nullptr);
  if (!said) {
    return fail(said.error());
  }
  auto policy = Policy::load(*examined);
  const Policy known = policy ? std::move(*policy) : Policy::built_in();
  auto loaded = FaultRules::load(*examined);
  const FaultRules rules = loaded ? std::move(*loaded) : FaultRules::built_in();
  const detail::KeptLines lines(known, rules);
  detail::ReportRedaction redaction;
  redaction.names().learn(*examined, inherited_environment(*examined));
  redaction.names().learn_from(*incident);
  for (const std::string& text : *results) {
    redaction.names().learn_from(text);
  }
  auto content = std::make_unique<Report::Content>();
  auto result = detail::make_report_tree(*examined, recording, lines, redaction);
  detail::ReportTree& tree = content->tree = std::move(result.tree);
  content->complete = result.complete;
  detail::CapturedFacts facts = facts_of(*examined, request.program, known, redaction);
  facts.nodes = std::move(result.nodes);
  const auto add = [&](std::string_view name, std::string text) {
    detail::add_document(tree, formatted("{}/{}", detail::documents_folder, name), std::move(text));
  };
  add("README", std::string(read_me));
  add("machine.json", detail::captured_json(facts));
  add("doctor.json", redacted_document(said->doctor, redaction));
  add("status.json", redacted_document(said->status, redaction));
  add("plan.json", redacted_document(said->plan, redaction));
  add("kernel-log.txt", redaction.text(kernel_log(recording, lines)));
  add("packages.txt", redaction.content(detail::package_list(*examined)));
  if (!request.incident.empty()) {
    add_incident(tree, *incident, redaction);
  }
  for (std::size_t i = 0; i < results->size(); ++i) {
    add(formatted("result-{}.json", i + 1), redacted_document((*results)[i], redaction));
  }
  return Report(std::move(content));
}

}  // namespace rocmfix
