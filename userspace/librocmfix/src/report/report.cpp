// SPDX-License-Identifier: MIT
// A report that is made: what is in it, its text, its file.
#include "rocmfix/report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "report/captured_json.hpp"
#include "report/report_archive.hpp"
#include "report/report_content.hpp"
#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TreeEntry;

bool is_document(std::string_view path) {
  return path.starts_with(formatted("{}/", detail::documents_folder));
}

ReportEntry shown(const std::string& path, const TreeEntry& entry) {
  ReportEntry shown{ReportEntry::Kind::folder, path, entry.target, 0, entry.size};
  for (const auto& [offset, bytes] : entry.parts) {
    shown.kept += bytes.size();
  }
  if (entry.kind == TreeEntry::Kind::link) {
    shown.kind = ReportEntry::Kind::link;
  } else if (entry.kind == TreeEntry::Kind::file && entry.parts.empty()) {
    shown.kind = ReportEntry::Kind::name;
  } else if (entry.kind == TreeEntry::Kind::file) {
    const std::string& first = entry.parts.begin()->second;
    const bool is_text = entry.whole() && first.find('\0') == std::string::npos;
    shown.kind = !is_text            ? ReportEntry::Kind::bytes
                 : is_document(path) ? ReportEntry::Kind::document
                                     : ReportEntry::Kind::text;
    shown.text = is_text ? first : "";
  }
  return shown;
}

/// Replaces nothing. Returns an errno, or 0.
int give_name(const std::string& temporary, const std::string& file) {
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL) {
    return errno;
  }
  // The file system does not know the flag; a hard link replaces nothing, either.
  if (::link(temporary.c_str(), file.c_str()) != 0) {
    return errno;
  }
  ::unlink(temporary.c_str());
  return 0;
}

/// A line of a file must not look like one of ours.
std::string as_quotation(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    out.append("| ").append(line).append("\n");
  }
  return out;
}

std::string described(const ReportEntry& entry) {
  switch (entry.kind) {
    case ReportEntry::Kind::document:
    case ReportEntry::Kind::text:
      return formatted("== {} ({} bytes)\n{}", printable(entry.path), entry.kept,
                       as_quotation(printable_lines(entry.text)));
    case ReportEntry::Kind::bytes:
      return formatted("== {}: {} of {} bytes, no text\n", printable(entry.path), entry.kept,
                       entry.size);
    case ReportEntry::Kind::name:
      return formatted("== {}: the name only\n", printable(entry.path));
    case ReportEntry::Kind::link:
      return formatted("== {} -> {}\n", printable(entry.path), printable(entry.text));
    case ReportEntry::Kind::folder:
      break;
  }
  return {};
}

}  // namespace

Report::Report(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Report::Report(Report&&) noexcept = default;
Report& Report::operator=(Report&&) noexcept = default;
Report::~Report() = default;

bool Report::complete() const {
  return content_->complete;
}

std::vector<ReportEntry> Report::entries() const {
  std::vector<ReportEntry> entries;
  entries.reserve(content_->tree.size());
  for (const auto& [path, entry] : content_->tree) {
    entries.push_back(shown(path, entry));
  }
  std::stable_partition(entries.begin(), entries.end(), [](const ReportEntry& entry) {
    return entry.kind == ReportEntry::Kind::document;
  });
  return entries;
}

Result<void> Report::pack(const std::function<bool(std::string_view)>& sink) const {
  return detail::pack_report(content_->tree, sink);
}

std::string report_text(const Report& report) {
  std::string text;
  for (const ReportEntry& entry : report.entries()) {
    text += described(entry);
  }
  return text;
}

Result<void> write_new_file(
    const std::filesystem::path& file,
    const std::function<Result<void>(const std::function<bool(std::string_view)>&)>& write) {
  const Error exists{ErrorCode::refused, formatted("{} is there already", file.string()), 0,
                     "-o FILE writes to another one"};
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) {
    return fail(exists);
  }
  std::string temporary = (file.parent_path() / ".rocmfix-report-XXXXXX").string();
  const FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600
  if (!fd) {
    return fail(io_error(formatted("cannot write {}", file.string()), errno));
  }
  int errnum = 0;
  auto written = write([&](std::string_view bytes) {
    const bool good = write_all(fd.get(), bytes);
    errnum = good ? errnum : errno;
    return good;
  });
  if (errnum == 0 && written && ::fsync(fd.get()) != 0) {
    errnum = errno;
  }
  if (errnum == 0 && written) {
    errnum = give_name(temporary, file.string());
  }
  if (errnum != 0 || !written) {
    ::unlink(temporary.c_str());
  }
  if (errnum != 0) {
    return fail(errnum == EEXIST ? exists
                                 : io_error(formatted("cannot write {}", file.string()), errnum));
  }
  return written;
}

}  // namespace rocmfix
