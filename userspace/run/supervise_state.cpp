// SPDX-License-Identifier: MIT
#include "supervise_state.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "supervise_descriptor.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

Result<void> make_directories(const std::string& path) {
  for (std::size_t at = 1; at != std::string::npos; ++at) {
    at = path.find('/', at);
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail(io_error("cannot make the directory " + part, errno));
    }
    if (at == std::string::npos) {
      break;
    }
  }
  return {};
}

}  // namespace

std::string incident_directory() {
  if (const char* const directory = own_variable("ROCMFIX_INCIDENT_DIR")) {
    return directory;
  }
  if (const char* const state = own_variable("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/rocmfix/incidents";
  }
  if (const char* const home = own_variable("HOME")) {
    return std::string(home) + "/.local/state/rocmfix/incidents";
  }
  return {};
}

Result<void> write_private_file(const std::string& directory, const std::string& name,
                                std::string_view text) {
  if (auto made = make_directories(directory); !made) {
    return made;
  }
  const int folder = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return fail(io_error("cannot open " + directory, errno));
  }
  const std::string part = name + ".part";
  unlinkat(folder, part.c_str(), 0);  // one that a killed process left
  const int file =
      openat(folder, part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool done = file >= 0 && write_all(file, text) && fsync(file) == 0;
  int errnum = errno;
  if (file >= 0) {
    close(file);
  }
  // Over a link the rename puts the file in the link's own place.
  if (done && renameat(folder, part.c_str(), folder, name.c_str()) != 0) {
    errnum = errno;
    done = false;
  }
  if (!done && file >= 0) {
    unlinkat(folder, part.c_str(), 0);
  }
  close(folder);
  if (!done) {
    return fail(io_error("cannot write " + directory + "/" + name, errnum));
  }
  return {};
}

}  // namespace rocmfix::run
