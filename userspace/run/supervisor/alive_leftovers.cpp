// SPDX-License-Identifier: MIT
#include "supervisor/alive_leftovers.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "supervisor/folder.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::run {

namespace {

constexpr std::size_t name_length = alive_prefix.size() + 6;  // mkdtemp(3)

bool is_linked(int folder) {
  struct stat found {};
  return fstat(folder, &found) == 0 && found.st_nlink > 0;
}

bool is_this_users_alone(int folder) {
  struct stat found {};
  constexpr mode_t others = 0077;
  return fstat(folder, &found) == 0 && found.st_uid == geteuid() && (found.st_mode & others) == 0;
}

void remove_one(int place, const std::string& name) {
  const FileDescriptor folder(
      openat(place, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder || !is_this_users_alone(folder.get()) ||
      flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    return;
  }
  empty_folder(folder.get());
  unlinkat(place, name.c_str(), AT_REMOVEDIR);  // if another one has the name now, it is empty
}

}  // namespace

bool lock_alive_folder(int folder) {
  // Only who is about to remove it can hold it.
  return (flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && is_linked(folder);
}

void remove_alive_leftovers(const std::string& place) {
  const FileDescriptor folder(open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return;
  }
  constexpr std::size_t most = 256;
  for (const std::string& name : names_in(folder.get(), most, alive_prefix)) {
    if (name.size() == name_length) {
      remove_one(folder.get(), name);
    }
  }
}

}  // namespace rocmfix::run
