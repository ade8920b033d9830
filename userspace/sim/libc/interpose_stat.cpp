// SPDX-License-Identifier: MIT
// Stands in for libc: asking about files, in all the forms that libc and older programs have.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "libc/real.hpp"
#include "libc/virtual_files.hpp"
#include "libc/virtual_tree.hpp"

extern "C" {
int __xstat(int version, const char* path, struct stat* out);
int __xstat64(int version, const char* path, struct stat64* out);
int __lxstat(int version, const char* path, struct stat* out);
int __lxstat64(int version, const char* path, struct stat64* out);
int __fxstat(int version, int fd, struct stat* out);
int __fxstat64(int version, int fd, struct stat64* out);
char* __realpath_chk(const char* path, char* out, size_t size);
ssize_t __readlink_chk(const char* path, char* out, size_t size, size_t room);
}

namespace {

using namespace rocmfix::sim;

// On x86-64 they are one.
static_assert(sizeof(struct stat) == sizeof(struct stat64));
struct stat& plain(struct stat64* out) {
  return *reinterpret_cast<struct stat*>(out);
}
struct stat& plain(struct stat* out) {
  return *out;
}

int access_virtual(const std::string& absolute, int mode) {
  struct stat status {};
  if (stat_virtual(absolute, true, status) != 0) {
    return -1;
  }
  if ((mode & W_OK) != 0 && !S_ISCHR(status.st_mode)) {
    errno = EACCES;
    return -1;
  }
  return 0;
}

ssize_t give_link(const std::string& target, char* out, size_t size) {
  const size_t some = std::min(size, target.size());
  std::memcpy(out, target.data(), some);
  return static_cast<ssize_t>(some);
}

ssize_t readlink_virtual(const std::string& absolute, char* out, size_t size) {
  const VirtualTree& tree = machine_tree();
  const auto path = tree.resolve(absolute, false);
  const auto* const node = path ? tree.find(*path) : nullptr;
  if (node == nullptr || node->kind != VirtualTree::Kind::link) {
    errno = node == nullptr ? ENOENT : EINVAL;
    return -1;
  }
  return give_link(node->text, out, size);
}

char* realpath_virtual(const std::string& absolute, char* out) {
  const auto path = machine_tree().resolve(absolute, true);
  if (!path || path->size() >= PATH_MAX) {
    errno = ENOENT;
    return nullptr;
  }
  auto* const room = out != nullptr ? out : static_cast<char*>(std::malloc(PATH_MAX));
  if (room != nullptr) {
    std::memcpy(room, path->c_str(), path->size() + 1);
  }
  return room;
}

}  // namespace

#define ROCMFIX_STAT(name, follow, type)                                                      \
  ROCMFIX_EXPORT int name(const char* path, type* out) {                                      \
    std::string absolute;                                                                     \
    return is_virtual(AT_FDCWD, path, &absolute) ? stat_virtual(absolute, follow, plain(out)) \
                                                 : ROCMFIX_REAL(name)(path, out);             \
  }
ROCMFIX_STAT(stat, true, struct stat)
ROCMFIX_STAT(stat64, true, struct stat64)
ROCMFIX_STAT(lstat, false, struct stat)
ROCMFIX_STAT(lstat64, false, struct stat64)

#define ROCMFIX_XSTAT(name, follow, type)                                                     \
  ROCMFIX_EXPORT int name(int version, const char* path, type* out) {                         \
    std::string absolute;                                                                     \
    return is_virtual(AT_FDCWD, path, &absolute) ? stat_virtual(absolute, follow, plain(out)) \
                                                 : ROCMFIX_REAL(name)(version, path, out);    \
  }
ROCMFIX_XSTAT(__xstat, true, struct stat)
ROCMFIX_XSTAT(__xstat64, true, struct stat64)
ROCMFIX_XSTAT(__lxstat, false, struct stat)
ROCMFIX_XSTAT(__lxstat64, false, struct stat64)

ROCMFIX_EXPORT int fstat(int fd, struct stat* out) {
  return fstat_virtual(fd, *out) ? 0 : ROCMFIX_REAL(fstat)(fd, out);
}
ROCMFIX_EXPORT int fstat64(int fd, struct stat64* out) {
  return fstat_virtual(fd, plain(out)) ? 0 : ROCMFIX_REAL(fstat64)(fd, out);
}
ROCMFIX_EXPORT int __fxstat(int version, int fd, struct stat* out) {
  return fstat_virtual(fd, *out) ? 0 : ROCMFIX_REAL(__fxstat)(version, fd, out);
}
ROCMFIX_EXPORT int __fxstat64(int version, int fd, struct stat64* out) {
  return fstat_virtual(fd, plain(out)) ? 0 : ROCMFIX_REAL(__fxstat64)(version, fd, out);
}

#define ROCMFIX_STATAT(name, type)                                                           \
  ROCMFIX_EXPORT int name(int dirfd, const char* path, type* out, int flags) {               \
    std::string absolute;                                                                    \
    if (is_virtual(dirfd, path, &absolute)) {                                                \
      return stat_virtual(absolute, (flags & AT_SYMLINK_NOFOLLOW) == 0, plain(out));         \
    }                                                                                        \
    if ((flags & AT_EMPTY_PATH) != 0 && *path == '\0' && fstat_virtual(dirfd, plain(out))) { \
      return 0;                                                                              \
    }                                                                                        \
    return ROCMFIX_REAL(name)(dirfd, path, out, flags);                                      \
  }
ROCMFIX_STATAT(fstatat, struct stat)
ROCMFIX_STATAT(fstatat64, struct stat64)

ROCMFIX_EXPORT int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx* out) {
  std::string absolute;
  struct stat status {};
  const bool is_ours = is_virtual(dirfd, path, &absolute);
  if (is_ours && stat_virtual(absolute, (flags & AT_SYMLINK_NOFOLLOW) == 0, status) != 0) {
    return -1;
  }
  if (!is_ours &&
      ((flags & AT_EMPTY_PATH) == 0 || *path != '\0' || !fstat_virtual(dirfd, status))) {
    return ROCMFIX_REAL(statx)(dirfd, path, flags, mask, out);
  }
  *out = {};
  out->stx_mask = STATX_BASIC_STATS;
  out->stx_mode = static_cast<std::uint16_t>(status.st_mode);
  out->stx_nlink = static_cast<std::uint32_t>(status.st_nlink);
  out->stx_ino = status.st_ino;
  out->stx_size = static_cast<std::uint64_t>(status.st_size);
  out->stx_blksize = 4096;
  out->stx_rdev_major = major(status.st_rdev);
  out->stx_rdev_minor = minor(status.st_rdev);
  out->stx_dev_major = major(status.st_dev);
  out->stx_dev_minor = minor(status.st_dev);
  return 0;
}

ROCMFIX_EXPORT int access(const char* path, int mode) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? access_virtual(absolute, mode)
                                               : ROCMFIX_REAL(access)(path, mode);
}

ROCMFIX_EXPORT int faccessat(int dirfd, const char* path, int mode, int flags) {
  std::string absolute;
  return is_virtual(dirfd, path, &absolute) ? access_virtual(absolute, mode)
                                            : ROCMFIX_REAL(faccessat)(dirfd, path, mode, flags);
}

ROCMFIX_EXPORT ssize_t readlink(const char* path, char* out, size_t size) {
  std::string absolute;
  if (const auto target = proc_link(path)) {
    return give_link(*target, out, size);
  }
  return is_virtual(AT_FDCWD, path, &absolute) ? readlink_virtual(absolute, out, size)
                                               : ROCMFIX_REAL(readlink)(path, out, size);
}

ROCMFIX_EXPORT ssize_t __readlink_chk(const char* path, char* out, size_t size, size_t room) {
  std::string absolute;
  if (const auto target = proc_link(path)) {
    return give_link(*target, out, std::min(size, room));
  }
  return is_virtual(AT_FDCWD, path, &absolute)
             ? readlink_virtual(absolute, out, std::min(size, room))
             : ROCMFIX_REAL(__readlink_chk)(path, out, size, room);
}

ROCMFIX_EXPORT ssize_t readlinkat(int dirfd, const char* path, char* out, size_t size) {
  std::string absolute;
  return is_virtual(dirfd, path, &absolute) ? readlink_virtual(absolute, out, size)
                                            : ROCMFIX_REAL(readlinkat)(dirfd, path, out, size);
}

ROCMFIX_EXPORT char* realpath(const char* path, char* out) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? realpath_virtual(absolute, out)
                                               : ROCMFIX_REAL(realpath)(path, out);
}

ROCMFIX_EXPORT char* __realpath_chk(const char* path, char* out, size_t size) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? realpath_virtual(absolute, out)
                                               : ROCMFIX_REAL(__realpath_chk)(path, out, size);
}
