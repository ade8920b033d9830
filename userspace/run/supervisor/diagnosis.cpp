// SPDX-License-Identifier: MIT
#include "supervisor/diagnosis.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "supervisor/family.hpp"
#include "supervisor/helper.hpp"
#include "supervisor/report_file.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

// A log of days has many incidents.
constexpr JsonLimits explanation_limits{
    .bytes = 16U << 20U, .depth = 32, .members = 512, .values = 2'000'000, .cpu_ms = 3000};

// Nothing that comes from another process may throw here, or have a type that it should not have.

std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

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

/// ROCr prints this line on the command's stderr, which is not ours to read; the interposer
/// receives the same from ROCr.
std::string as_rocr_says(const Json& report) {
  constexpr std::array<std::pair<const char*, const char*>, 7> words = {{
      {"page_not_present", "Page not present or supervisor privilege"},
      {"read_only", "Write access to a read-only page"},
      {"no_execute", "Execute access to a page marked NX"},
      {"host_only", "Host access only"},
      {"dram_ecc", "ECC failure"},
      {"sram_ecc", "SRAM ECC failure"},
      {"hang", "GPU hang"},
  }};
  const Json& fault = report["fault"];
  std::string reason = "Unknown";
  if (fault.contains("reasons") && fault["reasons"].is_array() && !fault["reasons"].empty() &&
      fault["reasons"].front().is_string()) {
    const std::string name = fault["reasons"].front().get<std::string>();
    for (const auto& [key, text] : words) {
      if (name == key) {
        reason = text;
      }
    }
  }
  std::string node = "1";
  if (report.contains("gpu") && report["gpu"].is_object() && report["gpu"].contains("node") &&
      report["gpu"]["node"].is_number_unsigned()) {
    node = report["gpu"]["node"].dump();
  }
  const std::string address = text_of(fault, "address");
  return "Memory access fault by GPU node-" + node + " on address " +
         (address == "0x0" ? "(nil)" : address) + ". Reason: " + reason + ".";
}

bool has_worked(const Json& report) {
  const bool calls =
      report.contains("calls") && report["calls"].is_array() && !report["calls"].empty();
  const bool blocks = report.contains("layer") && report["layer"].is_object() &&
                      report["layer"].contains("live") &&
                      report["layer"]["live"].is_number_unsigned() &&
                      report["layer"]["live"].get<std::uint64_t>() > 0;
  return calls || blocks;
}

/// In the words that `rocmfix explain` knows from rocminfo and the kernel.
void add_machine(const CrashContext& context, std::vector<ExplainedLine>& lines) {
  if (const auto root = Root::open(context.root)) {
    if (const auto version = root->read_line("/proc/version")) {
      lines.push_back({"machine", *version});
    }
  }
  for (const Gpu& gpu : context.gpus) {
    if (gpu.kfd_node) {
      const auto colon = gpu.pci_id.find(':');
      lines.push_back({"machine", "amdgpu: Topology: Add dGPU node [0x" +
                                      gpu.pci_id.substr(colon + 1) + ":0x" +
                                      gpu.pci_id.substr(0, colon) + "]"});
    }
    if (gpu.gfx) {
      lines.push_back({"machine", "amdgcn-amd-amdhsa--" + *gpu.gfx});
    }
  }
  for (const std::string& variable : context.variables) {
    lines.push_back({"environment", variable});
  }
}

std::string explainer() {
  std::array<char, PATH_MAX> self{};
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  std::string path(self.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  path.resize(path.rfind('/') + 1);
  path += "rocmfix";
  return access(path.c_str(), X_OK) == 0 ? path : "rocmfix";
}

/// The array of incidents; null when there is no answer.
Json explain(const SignalQueue& signals, const std::vector<ExplainedLine>& lines,
             const std::string& root) {
  std::string text;
  for (const ExplainedLine& line : lines) {
    text += line.text + "\n";
  }
  const auto answer =
      run_helper(signals, {explainer(), "--root", root, "explain", "--json", "-"}, text);
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

FaultKind kind_of(const Json& event) {
  const std::string type = text_of(event, "type");
  if (type == "gpu_memory_fault" || type == "page_fault" || type == "aperture_violation") {
    return FaultKind::memory;
  }
  if (type == "gpu_hang" || type == "ring_timeout" || type == "gpu_reset" || type == "vram_lost") {
    return FaultKind::hang;
  }
  return FaultKind::none;
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
      const FaultKind kind = kind_of(event);
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
  add_machine(context, diagnosis.lines);
  const char* const source = log.source() == LogSource::journal ? "journal" : "kernel";
  for (const std::string& line : kernel) {
    diagnosis.lines.push_back({source, line});
  }
  if (!diagnosis.report.empty()) {
    const Json report = report_document(diagnosis);
    diagnosis.lines.push_back({"layer", as_rocr_says(report)});
    outcome.fault = FaultKind::memory;
    outcome.worked = has_worked(report);
  }
  const Json incidents = explain(signals, diagnosis.lines, context.root);
  diagnosis.explained = incidents.is_array();
  if (diagnosis.explained) {
    take_incidents(incidents, exit_info.pid, diagnosis);
  }
  return diagnosis;
}

}  // namespace rocmfix::run
