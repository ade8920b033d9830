// SPDX-License-Identifier: MIT
#include "supervisor/proc.hpp"

#include <fcntl.h>

#include <cstdlib>

#include "util/file_descriptor.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::run {

std::optional<std::string> read_proc(pid_t pid, const std::string& file) {
  constexpr std::size_t limit = 1U << 20U;
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd || (!read_to_end(fd.get(), limit, text) && text.empty())) {
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> process_name(pid_t pid) {
  auto name = read_proc(pid, "comm");
  if (name) {
    name->erase(name->find_last_not_of('\n') + 1);
  }
  return name;
}

// "pid (name) state ppid pgrp session ..."; the name may hold anything.
std::optional<Relations> relations_of(pid_t pid) {
  const auto text = read_proc(pid, "stat");
  const auto end = text ? text->rfind(") ") : std::string::npos;
  if (end == std::string::npos) {
    return std::nullopt;
  }
  Relations found;
  const char* at = text->c_str() + end + 2;
  found.state = *at++;
  char* next = nullptr;
  found.parent = static_cast<pid_t>(std::strtol(at, &next, 10));
  static_cast<void>(std::strtol(next, &next, 10));  // the group
  found.session = static_cast<pid_t>(std::strtol(next, &next, 10));
  return found;
}

}  // namespace rocmfix::run
