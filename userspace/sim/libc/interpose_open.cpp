// SPDX-License-Identifier: MIT
// Stands in for libc: opening files, and ioctl(2). What is not the simulation's is passed to libc
// unchanged. close(2), read(2), mmap(2) and dup(2) need nothing: the descriptors are memory files.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "control/configuration.hpp"
#include "control/journal.hpp"
#include "drm/drm_ioctls.hpp"
#include "kfd/kfd_ioctls.hpp"
#include "kfd/process.hpp"
#include "libc/real.hpp"
#include "libc/virtual_files.hpp"

// Fortified programs call these.
extern "C" {
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int dirfd, const char* path, int flags);
int __openat64_2(int dirfd, const char* path, int flags);
}

namespace {

using namespace rocmfix::sim;

// A mode is there only with these flags; reading it otherwise would be undefined.
#define ROCMFIX_MODE(last)                         \
  mode_t mode = 0;                                 \
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {      \
    va_list rest;                                  \
    va_start(rest, last);                          \
    mode = static_cast<mode_t>(va_arg(rest, int)); \
    va_end(rest);                                  \
  }

}  // namespace

ROCMFIX_EXPORT int open(const char* path, int flags, ...) {
  std::string absolute;
  if (is_virtual(AT_FDCWD, path, &absolute)) {
    return open_virtual(absolute, flags);
  }
  ROCMFIX_MODE(flags)
  return ROCMFIX_REAL(open)(path, flags, mode);
}

ROCMFIX_EXPORT int open64(const char* path, int flags, ...) {
  std::string absolute;
  if (is_virtual(AT_FDCWD, path, &absolute)) {
    return open_virtual(absolute, flags);
  }
  ROCMFIX_MODE(flags)
  return ROCMFIX_REAL(open64)(path, flags, mode);
}

ROCMFIX_EXPORT int openat(int dirfd, const char* path, int flags, ...) {
  std::string absolute;
  if (is_virtual(dirfd, path, &absolute)) {
    return open_virtual(absolute, flags);
  }
  ROCMFIX_MODE(flags)
  return ROCMFIX_REAL(openat)(dirfd, path, flags, mode);
}

ROCMFIX_EXPORT int openat64(int dirfd, const char* path, int flags, ...) {
  std::string absolute;
  if (is_virtual(dirfd, path, &absolute)) {
    return open_virtual(absolute, flags);
  }
  ROCMFIX_MODE(flags)
  return ROCMFIX_REAL(openat64)(dirfd, path, flags, mode);
}

ROCMFIX_EXPORT int __open_2(const char* path, int flags) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? open_virtual(absolute, flags)
                                               : ROCMFIX_REAL(__open_2)(path, flags);
}

ROCMFIX_EXPORT int __open64_2(const char* path, int flags) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? open_virtual(absolute, flags)
                                               : ROCMFIX_REAL(__open64_2)(path, flags);
}

ROCMFIX_EXPORT int __openat_2(int dirfd, const char* path, int flags) {
  std::string absolute;
  return is_virtual(dirfd, path, &absolute) ? open_virtual(absolute, flags)
                                            : ROCMFIX_REAL(__openat_2)(dirfd, path, flags);
}

ROCMFIX_EXPORT int __openat64_2(int dirfd, const char* path, int flags) {
  std::string absolute;
  return is_virtual(dirfd, path, &absolute) ? open_virtual(absolute, flags)
                                            : ROCMFIX_REAL(__openat64_2)(dirfd, path, flags);
}

namespace {

FILE* fopen_virtual(const std::string& absolute, const char* mode) {
  const bool writes = std::string_view(mode).find_first_of("wa+") != std::string_view::npos;
  const int fd = open_virtual(absolute, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  FILE* const file = fd < 0 ? nullptr : fdopen(fd, mode);
  if (file == nullptr && fd >= 0) {
    close(fd);
  }
  return file;
}

}  // namespace

ROCMFIX_EXPORT FILE* fopen(const char* path, const char* mode) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? fopen_virtual(absolute, mode)
                                               : ROCMFIX_REAL(fopen)(path, mode);
}

ROCMFIX_EXPORT FILE* fopen64(const char* path, const char* mode) {
  std::string absolute;
  return is_virtual(AT_FDCWD, path, &absolute) ? fopen_virtual(absolute, mode)
                                               : ROCMFIX_REAL(fopen64)(path, mode);
}

ROCMFIX_EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  const auto type = _IOC_TYPE(request);
  if (configuration() != nullptr && (type == AMDKFD_IOCTL_BASE || type == 'd')) {
    const Process::Identity file = Process::identify(fd);
    switch (file.file) {
      case Process::File::kfd:
        if (type == AMDKFD_IOCTL_BASE) {
          return kfd_ioctl(request, argument);
        }
        break;
      case Process::File::foreign_kfd:
        // "Using KFD FD in wrong process" (kfd_chardev.c)
        JournalLine("foreign_process").number("nr", _IOC_NR(request)).number("result", -EBADF);
        errno = EBADF;
        return -1;
      case Process::File::render:
        if (type == 'd') {
          return drm_ioctl(file.gpu, request, argument);
        }
        break;
      case Process::File::none:
        break;
    }
  }
  return ROCMFIX_REAL(ioctl)(fd, request, argument);
}

__attribute__((constructor)) static void start_simulation() {
  if (configuration() != nullptr) {  // says and ends here what is wrong with it
    Process::install_fork_handlers();
  }
}
