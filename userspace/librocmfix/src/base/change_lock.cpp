// SPDX-License-Identifier: MIT
#include "base/change_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/atomic_file.hpp"

namespace rocmfix::detail {

namespace {

constexpr const char* directory_path = "/run";
constexpr const char* file_name = "rocmfix.lock";

Error cannot_lock(const Root& root, int errnum) {
  return io_error(
      "cannot lock " + root.host_path(std::string(directory_path) + "/" + file_name).string(),
      errnum);
}

// Whoever held it before us has removed the name: then this file locks nothing.
bool is_still_there(int directory, int file) {
  struct stat own = {};
  struct stat named = {};
  return ::fstat(file, &own) == 0 &&
         ::fstatat(directory, file_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

}  // namespace

Result<ChangeLock> ChangeLock::take(const Root& root) {
  // A captured tree need not have a /run.
  const bool made = !root.exists(directory_path);
  if (auto created = AtomicDirectory::create(root, directory_path); !created) {
    return fail(std::move(created.error()));
  }
  const auto opened = root.open_file(directory_path, O_DIRECTORY);
  if (!opened) {
    return fail(opened.error());
  }
  FileDescriptor directory(*opened);
  for (;;) {
    FileDescriptor file(::openat(directory.get(), file_name,
                                 O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (!file) {
      return fail(cannot_lock(root, errno));
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) {
        return fail(cannot_lock(root, errno));
      }
      return fail({ErrorCode::refused, "another rocmfix is changing the configuration", 0,
                   "wait until it has finished, then try again"});
    }
    if (is_still_there(directory.get(), file.get())) {
      return ChangeLock(root, std::move(directory), std::move(file), made);
    }
  }
}

ChangeLock::~ChangeLock() {
  if (file_) {
    ::unlinkat(directory_.get(), file_name, 0);
    if (made_) {
      remove_empty_directory(*root_, directory_path);
    }
  }
}

}  // namespace rocmfix::detail
