// SPDX-License-Identifier: MIT
#include "supervisor/fault_reports.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "supervisor/report_file.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

bool is_report(const Json& document) {
  const std::string kind = text_of(document, "kind");
  return document.is_object() && (kind == "gpu_memory_fault" || kind == "gpu_hang") &&
         document.contains("fault") && document["fault"].is_object();
}

ProcessReport report_of(const Json& document, std::string text, std::string file) {
  const auto pid = document.find("pid");
  return {.text = std::move(text),
          .file = std::move(file),
          .pid = pid != document.end() && pid->is_number_unsigned() ? pid->get<std::uint64_t>() : 0,
          .time = text_of(document, "time")};
}

/// The whole reports among the lines that were written to the descriptor.
void take_lines(std::string_view lines, FaultReports& reports) {
  constexpr int most = 64;  // the interposer writes one a fault
  for (int i = 0; i < most && !lines.empty(); ++i) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (const Json document = read_foreign_json(line); is_report(document)) {
      reports.own.push_back(report_of(document, std::string(line), {}));
    }
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
}

void take_file(ReportFile file, FaultReports& reports) {
  const Json document = read_foreign_json(file.text);
  if (!document.is_object()) {
    return;
  }
  if (document.contains("incidents")) {  // only a supervisor writes these
    const Json decision = document.value("decision", Json());
    const bool handled =
        text_of(decision, "verdict") == "restart" || text_of(document, "kind") == "other";
    reports.inner.push_back(
        {.text = std::move(file.text), .file = std::move(file.name), .handled = handled});
  } else if (is_report(document)) {
    reports.own.push_back(report_of(document, std::move(file.text), std::move(file.name)));
  }
}

}  // namespace

bool FaultReports::unhandled() const {
  return !own.empty() || std::any_of(inner.begin(), inner.end(),
                                     [](const InnerAccount& account) { return !account.handled; });
}

FaultReports collect_reports(const ReportSource& source) {
  FaultReports reports;
  take_lines(source.lines, reports);
  ReportFiles found = read_report_files(source.directory, source.tag, source.since);
  reports.distrusted = found.distrusted;
  for (ReportFile& file : found.files) {
    take_file(std::move(file), reports);
  }
  const auto command = static_cast<std::uint64_t>(source.command);
  const auto rank = [command](const ProcessReport& report) {
    return std::tuple(report.pid != command, report.time);
  };
  std::stable_sort(
      reports.own.begin(), reports.own.end(),
      [&](const ProcessReport& a, const ProcessReport& b) { return rank(a) < rank(b); });
  return reports;
}

}  // namespace rocmfix::run
