// SPDX-License-Identifier: MIT
// A report as a document: what is in it.
#include <array>

#include "base/json_document.hpp"
#include "rocmfix/report.hpp"

namespace rocmfix {

using detail::Json;

namespace {

// In the order of ReportEntry::Kind.
constexpr std::array<const char*, 6> kinds = {"document", "text", "bytes",
                                              "name",     "link", "folder"};

Json entries_json(const Report& report, bool with_text) {
  Json entries = Json::array();
  for (const ReportEntry& entry : report.entries()) {
    if (entry.kind == ReportEntry::Kind::folder) {
      continue;
    }
    Json json = {{"path", entry.path},
                 {"kind", kinds.at(static_cast<std::size_t>(entry.kind))},
                 {"kept", entry.kept},
                 {"size", entry.size}};
    if (with_text) {
      const bool is_text =
          entry.kind != ReportEntry::Kind::bytes && entry.kind != ReportEntry::Kind::name;
      json["text"] = is_text ? Json(entry.text) : Json(nullptr);
    }
    entries.push_back(std::move(json));
  }
  return entries;
}

}  // namespace

std::string report_json(const Report& report, const std::filesystem::path& file,
                        std::uint64_t bytes) {
  return detail::dump({{"schema", 1},
                       {"file", file.string()},
                       {"bytes", bytes},
                       {"complete", report.complete()},
                       {"entries", entries_json(report, false)}});
}

std::string report_preview_json(const Report& report) {
  return detail::dump({{"schema", 1},
                       {"file", nullptr},
                       {"bytes", nullptr},
                       {"complete", report.complete()},
                       {"entries", entries_json(report, true)}});
}

}  // namespace rocmfix
