// SPDX-License-Identifier: MIT
#include "alive/alive_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "util/file_descriptor.hpp"

namespace rocmfix::hip {

namespace {

/// Field 22 of /proc/PID/stat; the name in parentheses may hold anything. 0: not there.
unsigned long long start_of(pid_t pid) {
  std::array<char, 64> path{};
  static_cast<void>(snprintf(path.data(), path.size(), "/proc/%d/stat", static_cast<int>(pid)));
  const FileDescriptor file(open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t got = file ? read(file.get(), text.data(), text.size() - 1) : -1;
  const char* at = got > 0 ? strrchr(text.data(), ')') : nullptr;
  constexpr int fields = 20;  // from the name, field 2, to the start
  for (int i = 0; at != nullptr && i < fields; ++i) {
    at = strchr(at + 1, ' ');
  }
  return at == nullptr ? 0 : strtoull(at, nullptr, 10);
}

}  // namespace

AliveName alive_name(pid_t pid) {
  AliveName name{};
  const unsigned long long start = start_of(pid);
  if (start != 0) {
    static_cast<void>(snprintf(name.data(), name.size(), "%d-%llu", static_cast<int>(pid), start));
  }
  return name;
}

AliveFile* map_alive_file(const char* folder) {
  const AliveName name = alive_name(getpid());
  const FileDescriptor directory(open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (name.front() == '\0' || !directory) {
    return nullptr;
  }
  const FileDescriptor file(openat(directory.get(), name.data(),
                                   O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  struct stat found {};
  // Blocks, and not only a length: a store into a hole of a full file system would be SIGBUS.
  if (!file || fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) ||
      posix_fallocate(file.get(), 0, sizeof(AliveFile)) != 0) {
    return nullptr;
  }
  void* const memory =
      mmap(nullptr, sizeof(AliveFile), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  auto* const mapped = static_cast<AliveFile*>(memory);
  std::atomic_ref(mapped->head.magic).store(alive_magic, std::memory_order_release);
  return mapped;
}

}  // namespace rocmfix::hip
