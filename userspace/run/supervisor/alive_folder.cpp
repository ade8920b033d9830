// SPDX-License-Identifier: MIT
#include "supervisor/alive_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "supervisor/alive_leftovers.hpp"
#include "supervisor/descriptor.hpp"
#include "supervisor/folder.hpp"
#include "util/file_descriptor.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

/// Where only this user can write, else where everybody can and names are chosen by chance.
std::string place_for_it() {
  if (const char* const own = own_variable("XDG_RUNTIME_DIR"); own != nullptr && *own == '/') {
    struct stat found {};
    constexpr mode_t others = 0022;
    if (stat(own, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
        (found.st_mode & others) == 0 && access(own, W_OK | X_OK) == 0) {
      return own;
    }
  }
  const char* const temporary = own_variable("TMPDIR");
  return temporary != nullptr && *temporary == '/' ? temporary : "/tmp";
}

/// "PID-START"; 0: no such name.
pid_t process_of(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  const bool named = error == std::errc() && end != name.data() + name.size() && *end == '-';
  return named && pid > 1 ? pid : 0;
}

bool read_one(int folder, const std::string& name, AliveProcess& process) {
  const FileDescriptor file(
      openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  if (!file || fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) ||
      found.st_uid != geteuid() || found.st_size != sizeof process.file ||
      pread(file.get(), &process.file, sizeof process.file, 0) != sizeof process.file ||
      process.file.head.magic != hip::alive_magic) {
    return false;
  }
  process.running = hip::alive_name(process.pid).data() == name;
  return true;
}

}  // namespace

Result<AliveFolder> AliveFolder::make() {
  const std::string place = place_for_it();
  remove_alive_leftovers(place);
  for (;;) {
    std::string path = place + "/" + std::string(alive_prefix) + "XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      return fail(io_error("cannot create a directory in " + place, errno));
    }
    const int fd = above_the_standard_ones(
        open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd < 0 && errno != ENOENT) {
      const int errnum = errno;
      rmdir(path.c_str());
      return fail(io_error("cannot open " + path, errnum));
    }
    if (fd >= 0 && lock_alive_folder(fd)) {
      return AliveFolder(std::move(path), fd);
    }
    if (fd >= 0) {
      close(fd);
    }
  }
}

AliveFolder::AliveFolder(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

AliveFolder::AliveFolder(AliveFolder&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

AliveFolder::~AliveFolder() {
  if (fd_ < 0) {
    return;
  }
  clear();
  close(fd_);
  rmdir(path_.c_str());
}

std::vector<AliveProcess> AliveFolder::read() const {
  std::vector<AliveProcess> processes;
  constexpr std::size_t most = 512;
  for (const std::string& name : names_in(fd_, most)) {
    AliveProcess process{.pid = process_of(name), .name = name};
    if (process.pid != 0 && read_one(fd_, name, process)) {
      processes.push_back(process);
    }
  }
  std::sort(processes.begin(), processes.end(),
            [](const AliveProcess& a, const AliveProcess& b) { return a.pid < b.pid; });
  return processes;
}

void AliveFolder::clear() const {
  empty_folder(fd_);
}

}  // namespace rocmfix::run
