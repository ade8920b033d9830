// SPDX-License-Identifier: MIT
// `rocmfix report`: one file for a bug report, and what is in it.
#include "rocmfix/report.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "output.hpp"
#include "progress.hpp"
#include "rocmfix/printable.hpp"
#include "util/time_text.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

using Kind = ReportEntry::Kind;

std::string default_name(bool text) {
  return fmt::format("rocmfix-report-{}.{}", local_time_stamp(), text ? "txt" : "tar.zst");
}

std::string in_units(std::uint64_t bytes) {
  constexpr std::uint64_t kib = 1024;
  if (bytes < 10 * kib) {
    return fmt::format("{} bytes", bytes);
  }
  return bytes < 10 * kib * kib ? fmt::format("{} KiB", bytes / kib)
                                : fmt::format("{} MiB", bytes / kib / kib);
}

struct Sum {
  std::size_t count = 0;
  std::uint64_t kept = 0;
  std::uint64_t size = 0;
};

Sum sum_of(const std::vector<ReportEntry>& entries, Kind kind) {
  Sum sum;
  for (const ReportEntry& entry : entries) {
    if (entry.kind == kind) {
      ++sum.count;
      sum.kept += entry.kept;
      sum.size += entry.size;
    }
  }
  return sum;
}

std::string describe(const Report& report) {
  const auto entries = report.entries();
  const Sum documents = sum_of(entries, Kind::document);
  const Sum texts = sum_of(entries, Kind::text);
  const Sum binaries = sum_of(entries, Kind::bytes);
  std::string text = "It contains\n";
  text += format_table(
      {{std::to_string(documents.count), "documents by rocmfix", in_units(documents.kept)},
       {std::to_string(texts.count), "text files", in_units(texts.kept)},
       {std::to_string(binaries.count), "libraries and other binaries",
        fmt::format("{} of their {}", in_units(binaries.kept), in_units(binaries.size))},
       {std::to_string(sum_of(entries, Kind::name).count), "names of files", ""},
       {std::to_string(sum_of(entries, Kind::link).count), "links", ""}},
      "  ");
  if (!report.complete()) {
    text += "There was more than a report may have: verdicts may differ from this machine's.\n";
  }
  return text +
         "\nNames of people and of the machine, serial numbers, addresses, passwords and tokens "
         "were\n"
         "replaced where rocmfix recognises them. It cannot recognise all of them: please look "
         "through\nit before you give it to others. `rocmfix report --preview` prints all of it.\n";
}

int done(const Report& report, const std::string& file, bool json) {
  std::error_code ignored;
  const std::uint64_t bytes = std::filesystem::file_size(file, ignored);
  if (json) {
    return print_result(report_json(report, file, bytes), exit_ok);
  }
  return print_result(fmt::format("Wrote {} ({}), for a bug report about rocmfix. {}",
                                  printable(file), in_units(bytes), describe(report)),
                      exit_ok);
}

int run_report(const Root& root, const Request& request) {
  Progress progress;
  const auto report = make_report(root, {request.program, request.incident, request.results},
                                  [&](const CheckText& one) { progress(one); });
  progress.end();
  if (!report) {
    return print_error(report.error(), request.json);
  }
  if (request.preview) {
    return print_result(request.json ? report_preview_json(*report) : report_text(*report),
                        exit_ok);
  }
  const std::string file = request.output.empty() ? default_name(request.text) : request.output;
  const auto written = write_new_file(file, [&](const auto& sink) {
    if (!request.text) {
      return report->pack(sink);
    }
    sink(report_text(*report));
    return Result<void>();
  });
  return written ? done(*report, file, request.json) : print_error(written.error(), request.json);
}

}  // namespace

const Verb report_verb{
    nullptr, "report", "write one file for a bug report, without names and secrets",
    accepts_report | needs_machine,
    [](const Root& root, const Request& request) { return run_report(root, request); }};

}  // namespace rocmfix::cli
