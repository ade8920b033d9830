// SPDX-License-Identifier: MIT
#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "util/formatted.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t max_bytes = 1U << 20U;

// A fixed name: write() runs under the lock, so what is there is a killed run's. modprobe
// skips dot-files, and this one does not end in .conf either.
std::string temporary_name(const std::string& name) {
  return "." + name + ".new";
}

std::string kind_of(mode_t mode) {
  return S_ISLNK(mode) ? "a symbolic link" : S_ISDIR(mode) ? "a directory" : "a special file";
}

// Only root may give a file away; in anybody else's scratch root their own files are right.
bool set_owner(int fd, const FileContent& content) {
  struct stat st = {};
  if (::fstat(fd, &st) != 0) {
    return false;
  }
  const uid_t uid = content.uid.value_or(st.st_uid);
  const gid_t gid = content.gid.value_or(st.st_gid);
  if (uid == st.st_uid && gid == st.st_gid) {
    return true;
  }
  return ::fchown(fd, uid, gid) == 0 || (errno == EPERM && ::geteuid() != 0);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

AtomicDirectory::AtomicDirectory(const Root& root, std::string path, FileDescriptor fd)
    : root_(&root), path_(std::move(path)), fd_(std::move(fd)) {}

std::string AtomicDirectory::shown(const std::string& name) const {
  return root_->host_path(path_of(name)).string();
}

Result<AtomicDirectory> AtomicDirectory::open(const Root& root, std::string path) {
  auto fd = root.open_file(path, O_DIRECTORY);
  if (!fd) {
    return fail(std::move(fd.error()));
  }
  return AtomicDirectory(root, std::move(path), FileDescriptor(*fd));
}

Result<AtomicDirectory> AtomicDirectory::create(const Root& root, const std::string& path) {
  auto directory = open(root, path);
  if (directory || directory.error().errnum != ENOENT || path == "/") {
    return directory;
  }
  const auto [parent_path, name] = split_path(path);
  auto parent = create(root, parent_path);
  if (!parent) {
    return parent;
  }
  const int parent_fd = parent->fd_.get();
  if (::mkdirat(parent_fd, name.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail(io_error("cannot create " + root.host_path(path).string(), errno));
  }
  directory = open(root, path);
  if (directory && (::fchmod(directory->fd_.get(), 0755) != 0 ||  // whatever the umask is
                    ::fsync(parent_fd) != 0)) {
    return fail(io_error("cannot create " + root.host_path(path).string(), errno));
  }
  return directory;
}

// What chattr(1) has set is refused to root as well, and errno does not tell it from the rest.
Error AtomicDirectory::refusal(const std::string& what, const std::string& name, int errnum) const {
  Error error = io_error(what, errnum);
  if (errnum != EPERM && errnum != EACCES) {
    return error;
  }
  const FileDescriptor file(
      ::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  for (const auto& [fd, path] : {std::pair(file.get(), shown(name)),
                                 std::pair(fd_.get(), root_->host_path(path_).string())}) {
    int flags = 0;
    if (fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
        (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
      const bool immutable = (flags & FS_IMMUTABLE_FL) != 0;
      error.hint = formatted("{} is {}; if you want it changed: sudo chattr {} {}", path,
                             immutable ? "immutable (chattr +i)" : "append-only (chattr +a)",
                             immutable ? "-i" : "-a", path);
      return error;
    }
  }
  return error;
}

Result<void> AtomicDirectory::check_writable(const std::string& name) const {
  if (::faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) {
    return {};
  }
  return fail(refusal("cannot write " + shown(name), name, errno));
}

Result<std::optional<FileContent>> AtomicDirectory::read(const std::string& name) const {
  struct stat st = {};
  if (::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) {
      return std::optional<FileContent>();
    }
    return fail(io_error("cannot examine " + shown(name), errno));
  }
  // Looked at before it is opened: opening a device or a FIFO can do things.
  if (!S_ISREG(st.st_mode)) {
    return fail({ErrorCode::refused,
                 shown(name) + " is " + kind_of(st.st_mode) + ", not a regular file: left alone", 0,
                 "move it away, then try again: sudo mv " + shown(name) + " /root/"});
  }
  const FileDescriptor fd(
      ::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &st) != 0) {
    return fail(io_error("cannot read " + shown(name), errno));
  }
  FileContent content{{}, st.st_mode & 07777U, st.st_uid, st.st_gid};
  if (!read_to_end(fd.get(), max_bytes, content.text)) {
    return fail(io_error("cannot read " + shown(name), errno));
  }
  if (content.text.size() > max_bytes) {
    return fail({ErrorCode::invalid, shown(name) + " is over 1 MiB: not a modprobe configuration",
                 0, "move it away, then try again: sudo mv " + shown(name) + " /root/"});
  }
  return std::optional(std::move(content));
}

Result<void> AtomicDirectory::write_temporary(const std::string& temporary, const std::string& name,
                                              const FileContent& content) {
  // 0600 until it has its owner: the file that it replaces may be nobody else's business.
  const FileDescriptor fd(::openat(fd_.get(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) {
    return fail(refusal("cannot write " + shown(name), name, errno));
  }
  if (!write_all(fd.get(), content.text) || !set_owner(fd.get(), content) ||
      ::fchmod(fd.get(), content.mode) != 0 || ::fsync(fd.get()) != 0) {
    return fail(refusal("cannot write " + shown(name), name, errno));
  }
  return {};
}

Result<void> AtomicDirectory::write(const std::string& name, const FileContent& content) {
  struct stat st = {};
  if (::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode)) {
    return fail({ErrorCode::refused, shown(name) + " is " + kind_of(st.st_mode), 0,
                 "move it away, then try again"});
  }
  const std::string temporary = temporary_name(name);
  remove_stale(name);
  if (auto written = write_temporary(temporary, name, content); !written) {
    ::unlinkat(fd_.get(), temporary.c_str(), 0);
    return written;
  }
  if (::renameat(fd_.get(), temporary.c_str(), fd_.get(), name.c_str()) != 0) {
    const int errnum = errno;
    ::unlinkat(fd_.get(), temporary.c_str(), 0);
    return fail(refusal("cannot replace " + shown(name), name, errnum));
  }
  return sync(name);
}

Result<void> AtomicDirectory::remove(const std::string& name) {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) {
      return {};
    }
    return fail(refusal("cannot remove " + shown(name), name, errno));
  }
  return sync(name);
}

Result<void> AtomicDirectory::rename(const std::string& from, const std::string& to) {
  if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0) {
    return fail(refusal("cannot rename " + shown(from) + " to " + to, from, errno));
  }
  return sync(to);
}

void AtomicDirectory::remove_stale(const std::string& name) {
  ::unlinkat(fd_.get(), temporary_name(name).c_str(), 0);
}

Result<void> AtomicDirectory::sync(const std::string& name) {
  if (::fsync(fd_.get()) != 0) {
    return fail(io_error(shown(name) + " is changed, but may not be on the disk yet", errno));
  }
  return {};
}

std::vector<std::string> AtomicDirectory::list() const {
  return root_->list(path_);
}

void remove_empty_directory(const Root& root, const std::string& path) {
  const auto [parent_path, name] = split_path(path);
  const auto opened = root.open_file(parent_path, O_DIRECTORY);
  if (opened) {
    const FileDescriptor parent(*opened);
    ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
  }
}

}  // namespace rocmfix::detail
