// SPDX-License-Identifier: MIT
// A root directory: the running system ("/") or a captured one ("--root DIR"). Reading only.
//
// Every path is given as on the examined machine ("/sys/module/amdgpu") and is resolved
// inside the root, symbolic links included: openat2(2) with RESOLVE_IN_ROOT, Linux 5.6. So an
// absolute link in a captured tree never leads out of it, and a loop is ELOOP.
//
// Thread-safety: const members may be called from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/error.hpp"

namespace rocmfix {

namespace detail {
class RootRecorder;
struct CapturedFacts;
}  // namespace detail

/// What stat(2) says of a path, and whether it can be used: what opening it would tell.
struct FileStatus {
  std::uint32_t mode = 0;  ///< st_mode: the type and the permissions
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  /// This process may read and write it, by all that the kernel goes by: access lists,
  /// capabilities, SELinux, a container's list of devices. nullopt: not the running system, or not
  /// known.
  std::optional<bool> usable;
};

class Root {
 public:
  /// Errors: io when `dir` is missing, is not a directory or cannot be searched.
  static Result<Root> open(const std::filesystem::path& dir = "/");

  Root(Root&& other) noexcept;
  Root& operator=(Root&& other) noexcept;
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root();

  /// True for "/": only then is the running system being examined, so that the
  /// environment of this process, uname(2) and the like say something about it.
  [[nodiscard]] bool is_system() const { return is_system_; }
  /// The directory, absolute.
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
  /// `path` as this process would open it, links not resolved; in a report as on the machine that
  /// it was made of: for messages.
  [[nodiscard]] std::filesystem::path host_path(std::string_view path) const;

  /// The whole file. Errors: io (errnum ENOENT when missing), invalid when over `limit` bytes.
  [[nodiscard]] Result<std::string> read(std::string_view path,
                                         std::size_t limit = 16U << 20U) const;
  /// First line without its newline and surrounding blanks; nullopt when the file cannot be read
  /// or is empty. For sysfs attributes, where missing means unknown.
  [[nodiscard]] std::optional<std::string> read_line(std::string_view path) const;
  /// read_line() as an unsigned number in C notation (0x..., 0..., decimal); nullopt if it is none.
  [[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view path) const;
  /// Names in a directory, sorted, without "." and ".."; empty when it cannot be read.
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const;
  /// True when the path, links followed, exists.
  [[nodiscard]] bool exists(std::string_view path) const;
  /// Links followed. Opens nothing: a device node stays closed. Errors: io.
  [[nodiscard]] Result<FileStatus> status(std::string_view path) const;
  /// The path inside the root with all links resolved ("/sys/devices/pci0000:00/...").
  [[nodiscard]] std::optional<std::string> real_path(std::string_view path) const;
  /// A descriptor, O_RDONLY|O_CLOEXEC plus `flags`, that the caller closes. Errors: io.
  [[nodiscard]] Result<int> open_file(std::string_view path, int flags = 0) const;
  /// read() of a file that people write: only a regular one, whatever it says its size is.
  /// nullopt: it is missing. Errors: io; invalid when it is not a regular file or over `limit`
  /// bytes.
  [[nodiscard]] Result<std::optional<std::string>> read_regular(std::string_view path,
                                                                std::size_t limit) const;

  /// What the calls above could not read although it exists: they report it as "unknown", and a
  /// caller that would report "absent" has to check here first.
  struct Unreadable {
    std::string path;  ///< inside the root
    int errnum = 0;    ///< EACCES, ELOOP, EIO, ...; never ENOENT or ENOTDIR
  };
  /// `under`: a directory; in the order of the calls, each once, the first 256.
  [[nodiscard]] std::vector<Unreadable> unreadable(std::string_view under) const;

  /// Notes what is read from here on; nullptr: nothing is. It has to outlive that.
  void record_into(detail::RootRecorder* recorder) { recorder_ = recorder; }
  [[nodiscard]] detail::RootRecorder* recorder() const { return recorder_; }
  /// This directory is a report: `facts` are what it cannot hold of the machine.
  void set_captured(std::shared_ptr<const detail::CapturedFacts> facts) {
    captured_ = std::move(facts);
  }
  /// nullptr: it is no report.
  [[nodiscard]] const detail::CapturedFacts* captured() const { return captured_.get(); }

 private:
  struct Record;
  Root(int fd, std::filesystem::path dir, bool is_system);
  void note_failure(std::string_view path, int errnum) const;
  [[nodiscard]] int open_path(std::string_view path) const;
  [[nodiscard]] Result<std::string> read_all(int fd, std::string_view path,
                                             std::size_t limit) const;

  int fd_ = -1;
  std::filesystem::path dir_;
  bool is_system_ = false;
  std::unique_ptr<Record> record_;
  detail::RootRecorder* recorder_ = nullptr;
  std::shared_ptr<const detail::CapturedFacts> captured_;
};

}  // namespace rocmfix
