// SPDX-License-Identifier: MIT
// What a bug report needs, in one file: the machine's files as far as rocmfix reads them, what it
// concludes from them, and the kernel's messages about the GPUs. Without the names of people and
// the machine, without serial numbers, addresses and secrets.
//
// The file is a root: `rocmfix doctor --root FILE` examines it as it would the machine. It holds a
// file that is read whole, and of a library only the bytes that are read.
//
// Refuses to: need root, run what it examines, send anything anywhere.
//
// Thread-safety: all functions may be called from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/doctor.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct ReportRequest {
  std::string program;               ///< as gather_circumstances() takes it
  std::string incident;              ///< a file of this system: a CrashReport, a log; empty: none
  std::vector<std::string> results;  ///< likewise: JSON of trials and self-tests
};

/// Something in a report, as it is in it.
struct ReportEntry {
  enum class Kind : std::uint8_t {
    document,  ///< made by rocmfix, for people
    text,      ///< a file, whole
    bytes,     ///< parts of a file, or one that is no text
    name,      ///< a file of which only the name is there
    link,
    folder,
  };
  Kind kind = Kind::name;
  std::string path;        ///< on the machine: "/sys/module/amdgpu/version"
  std::string text;        ///< of a document or text; where a link leads
  std::uint64_t kept = 0;  ///< bytes in the report
  std::uint64_t size = 0;  ///< of the file
};

class Report {
 public:
  Report(Report&&) noexcept;
  Report& operator=(Report&&) noexcept;
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  ~Report();

  /// By path, the documents first.
  [[nodiscard]] std::vector<ReportEntry> entries() const;
  /// False: there was more to keep than a report may have; verdicts may differ.
  [[nodiscard]] bool complete() const;
  /// The packed form, to a sink that says false when it cannot take it. Errors: io; failed when
  /// libarchive is not installed.
  [[nodiscard]] Result<void> pack(const std::function<bool(std::string_view)>& sink) const;

  struct Content;
  explicit Report(std::unique_ptr<Content> content);

 private:
  std::unique_ptr<Content> content_;
};

/// Examines the machine, and takes note of what it read. Errors: those of gather_circumstances();
/// io and invalid for the incident and the results; refused when `root` is a report itself.
Result<Report> make_report(const Root& root, const ReportRequest& request,
                           const CheckProgress& progress = {});

/// All that is in it, for somebody to look through before giving it away.
std::string report_text(const Report& report);

/// {"schema":1,"file","bytes","complete","entries":[{"path","kind","kept","size","text"}]}; `file`
/// and `bytes`, its size, are null for a preview, which alone has "text" (null for what is none).
/// `kind` is document, text, bytes, name or link.
std::string report_json(const Report& report, const std::filesystem::path& file,
                        std::uint64_t bytes);
std::string report_preview_json(const Report& report);

/// Writes a new file, whole or not at all, for its owner alone (0600). Errors: refused when there
/// is one of that name; io; those of `write`.
Result<void> write_new_file(
    const std::filesystem::path& file,
    const std::function<Result<void>(const std::function<bool(std::string_view)>&)>& write);

/// A root that may be in a temporary directory, which is gone with it.
class ExaminedRoot {
 public:
  ExaminedRoot(ExaminedRoot&&) noexcept;
  ExaminedRoot& operator=(ExaminedRoot&&) noexcept;
  ExaminedRoot(const ExaminedRoot&) = delete;
  ExaminedRoot& operator=(const ExaminedRoot&) = delete;
  ~ExaminedRoot();

  [[nodiscard]] const Root& root() const { return *root_; }

  /// A directory as Root::open() takes it, or a report: packed, or unpacked. Errors: those of
  /// Root::open(); invalid when a file is no report.
  static Result<ExaminedRoot> open(const std::filesystem::path& path);

 private:
  class Folder;
  ExaminedRoot(std::unique_ptr<Folder> folder, Root root);

  std::unique_ptr<Folder> folder_;  // of the directory that root_ has open
  std::unique_ptr<Root> root_;
};

}  // namespace rocmfix
