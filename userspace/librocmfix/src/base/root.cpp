// SPDX-License-Identifier: MIT
// Reading files of a machine, resolved inside its root. Never writes.
#include "rocmfix/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "base/captured_facts.hpp"
#include "base/root_recorder.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix {

struct Root::Record {
  std::mutex mutex;
  std::vector<Unreadable> failures;
};

namespace {

// glibc 2.36 has no wrapper for openat2(2). The running system needs none: there every link leads
// where it should anyway, and openat2 is missing where rocmfix-run must still start its command
// (kernels before 5.6, containers whose seccomp filter is older, valgrind 3.19).
int open_in_root(int root, bool is_system, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = is_system ? ::openat(root, path.c_str(), static_cast<int>(how.flags))
                              : ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    // EAGAIN: something was renamed while "..", was being resolved (openat2(2)): try again.
    const bool again = errno == EINTR || (errno == EAGAIN && !is_system);
    if (fd >= 0 || !again) {
      return static_cast<int>(fd);
    }
  }
}

// A filter of system calls, too, answers EPERM: then it does so for everything.
std::optional<bool> usable(int fd) {
  const auto allowed = [](int number, const char* path, int mode) {
    return ::faccessat(number, path, mode, AT_EACCESS | AT_EMPTY_PATH) == 0;
  };
  if (allowed(fd, "", R_OK | W_OK)) {
    return true;
  }
  const int errnum = errno;
  const bool answers = errnum == EACCES || (errnum == EPERM && allowed(AT_FDCWD, "/", X_OK));
  return answers ? std::optional(false) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

Result<Root> Root::open(const std::filesystem::path& dir) {
  const int fd = ::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    Error error = io_error(formatted("cannot open the root {}", dir.string()), errno);
    error.hint = "--root takes a directory that holds sys/, proc/ and etc/ of a machine";
    return fail(std::move(error));
  }
  std::error_code ignored;
  auto absolute = std::filesystem::weakly_canonical(dir, ignored);
  if (absolute.empty()) {
    absolute = dir;
  }
  struct stat own {};
  struct stat system {};
  const bool is_system = ::fstat(fd, &own) == 0 && ::stat("/", &system) == 0 &&
                         own.st_dev == system.st_dev && own.st_ino == system.st_ino;
  return Root(fd, std::move(absolute), is_system);
}

Root::Root(int fd, std::filesystem::path dir, bool is_system)
    : fd_(fd), dir_(std::move(dir)), is_system_(is_system), record_(new Record) {}

Root::Root(Root&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      dir_(std::move(other.dir_)),
      is_system_(other.is_system_),
      record_(std::move(other.record_)),
      recorder_(other.recorder_),
      captured_(std::move(other.captured_)) {}

Root& Root::operator=(Root&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(dir_, other.dir_);
  std::swap(is_system_, other.is_system_);
  std::swap(record_, other.record_);
  std::swap(recorder_, other.recorder_);
  std::swap(captured_, other.captured_);
  return *this;
}

Root::~Root() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

std::filesystem::path Root::host_path(std::string_view path) const {
  const auto inside = std::filesystem::path(path).relative_path();
  return captured_ != nullptr ? "/" / inside : dir_ / inside;
}

Result<int> Root::open_file(std::string_view path, int flags) const {
  const auto* const there = captured_ != nullptr ? captured_->node(path) : nullptr;
  const int refused = there != nullptr ? there->open_errnum : 0;
  // openat2(2) takes nothing with O_PATH that means nothing then.
  const int extra = (flags & O_PATH) != 0 ? 0 : O_RDONLY | O_NOCTTY;
  const int fd = refused != 0 ? -1
                              : open_in_root(fd_, is_system_, std::string(path),
                                             static_cast<std::uint64_t>(flags | extra));
  const int errnum = fd >= 0 ? 0 : refused != 0 ? refused : errno;
  if (recorder_ != nullptr) {
    recorder_->opened(path, errnum);
  }
  if (fd < 0) {
    note_failure(path, errnum);
    return fail(io_error(formatted("cannot open {}", host_path(path).string()), errnum));
  }
  return fd;
}

void Root::note_failure(std::string_view path, int errnum) const {
  constexpr std::size_t most = 256;
  if (errnum == ENOENT || errnum == ENOTDIR) {
    return;
  }
  const std::lock_guard lock(record_->mutex);
  auto& failures = record_->failures;
  const bool known = std::any_of(failures.begin(), failures.end(),
                                 [&](const Unreadable& one) { return one.path == path; });
  if (!known && failures.size() < most) {
    failures.push_back({std::string(path), errnum});
  }
}

std::vector<Root::Unreadable> Root::unreadable(std::string_view under) const {
  std::vector<Unreadable> found;
  const std::lock_guard lock(record_->mutex);
  std::copy_if(record_->failures.begin(), record_->failures.end(), std::back_inserter(found),
               [&](const Unreadable& one) {
                 return one.path.starts_with(under) &&
                        (one.path.size() == under.size() || one.path[under.size()] == '/');
               });
  return found;
}

Result<std::optional<std::string>> Root::read_regular(std::string_view path,
                                                      std::size_t limit) const {
  const auto opened = open_file(path, O_NONBLOCK);
  if (!opened) {
    if (opened.error().errnum == ENOENT || opened.error().errnum == ENOTDIR) {
      return std::optional<std::string>();
    }
    return fail(opened.error());
  }
  const FileDescriptor fd(*opened);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
    return fail(Error{ErrorCode::invalid,
                      formatted("{} is not a regular file", host_path(path).string()), 0,
                      "move it away, or replace it with a file"});
  }
  auto text = read_all(fd.get(), path, limit);
  if (!text) {
    return fail(std::move(text.error()));
  }
  return std::optional(std::move(*text));
}

Result<std::string> Root::read(std::string_view path, std::size_t limit) const {
  // O_NONBLOCK: a FIFO instead of a file must not hang the reader of a captured tree.
  auto opened = open_file(path, O_NONBLOCK);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  return read_all(FileDescriptor(*opened).get(), path, limit);
}

Result<std::string> Root::read_all(int fd, std::string_view path, std::size_t limit) const {
  std::string content;
  const int errnum = read_to_end(fd, limit, content) ? 0 : errno;
  if (recorder_ != nullptr && errnum == 0) {
    recorder_->content(path, content);
  } else if (recorder_ != nullptr) {
    recorder_->opened(path, errnum);
  }
  if (errnum != 0) {
    note_failure(path, errnum);
    return fail(io_error(formatted("cannot read {}", host_path(path).string()), errnum));
  }
  if (content.size() > limit) {
    return fail(Error{ErrorCode::invalid,
                      formatted("{} is larger than {} bytes", host_path(path).string(), limit),
                      0,
                      {}});
  }
  return content;
}

std::optional<std::string> Root::read_line(std::string_view path) const {
  const auto content = read(path);
  if (!content) {
    return std::nullopt;
  }
  const std::string_view line = trimmed(std::string_view(*content).substr(0, content->find('\n')));
  if (line.empty()) {
    return std::nullopt;
  }
  return std::string(line);
}

std::optional<std::uint64_t> Root::read_number(std::string_view path) const {
  const auto line = read_line(path);
  if (!line) {
    return std::nullopt;
  }
  std::string_view digits = *line;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> Root::list(std::string_view path) const {
  std::vector<std::string> names;
  const auto opened = open_file(path, O_DIRECTORY);
  if (!opened) {
    return names;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(*opened), &::closedir);
  if (!dir) {
    ::close(*opened);
    return names;
  }
  while (const dirent* entry = ::readdir(dir.get())) {  // NOLINT(concurrency-mt-unsafe): own DIR
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  if (recorder_ != nullptr) {
    recorder_->listed(path, names);
  }
  return names;
}

/// Opens nothing: for what there is to know of a path. Sets errno.
int Root::open_path(std::string_view path) const {
  const auto* const there = captured_ != nullptr ? captured_->node(path) : nullptr;
  const int refused = there != nullptr ? there->asked_errnum : 0;
  const int fd = refused != 0 ? -1 : open_in_root(fd_, is_system_, std::string(path), O_PATH);
  const int errnum = fd >= 0 ? 0 : refused != 0 ? refused : errno;
  if (recorder_ != nullptr) {
    recorder_->asked(path, errnum);
  }
  if (fd < 0) {
    note_failure(path, errnum);
  }
  errno = errnum;
  return fd;
}

bool Root::exists(std::string_view path) const {
  return static_cast<bool>(FileDescriptor(open_path(path)));
}

Result<FileStatus> Root::status(std::string_view path) const {
  const FileDescriptor fd(open_path(path));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) {
    return fail(io_error(formatted("cannot examine {}", host_path(path).string()), errno));
  }
  const auto* const there = captured_ != nullptr ? captured_->node(path) : nullptr;
  const FileStatus status = there != nullptr && there->status
                                ? *there->status
                                : FileStatus{st.st_mode, st.st_uid, st.st_gid,
                                             is_system_ ? usable(fd.get()) : std::nullopt};
  if (recorder_ != nullptr) {
    recorder_->status(path, status);
  }
  return status;
}

std::optional<std::string> Root::real_path(std::string_view path) const {
  const FileDescriptor fd(open_path(path));
  if (!fd) {
    return std::nullopt;
  }
  // The kernel knows the resolved name of an open file; the root's own name is its prefix.
  const auto name_of = [](int number) -> std::optional<std::string> {
    std::error_code error;
    auto target = std::filesystem::read_symlink(formatted("/proc/self/fd/{}", number), error);
    return error ? std::nullopt : std::optional(target.string());
  };
  const auto root = name_of(fd_);
  auto full = name_of(fd.get());
  if (!root || !full) {
    return std::nullopt;
  }
  if (*root == "/") {
    return full;
  }
  if (!full->starts_with(*root)) {
    return std::nullopt;
  }
  const std::string inside = full->substr(root->size());
  return inside.empty() ? "/" : inside;
}

}  // namespace rocmfix
