// SPDX-License-Identifier: MIT
#include "supervisor/proc.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cstdlib>
#include <memory>

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

namespace {

// "pid (name) state ppid pgrp session ..."; the name may hold anything.
std::optional<Relations> relations_in(const std::optional<std::string>& text) {
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

}  // namespace

std::optional<Relations> relations_of(pid_t pid) {
  return relations_in(read_proc(pid, "stat"));
}

std::optional<Relations> relations_of(pid_t pid, pid_t thread) {
  return relations_in(read_proc(pid, "task/" + std::to_string(thread) + "/stat"));
}

std::vector<pid_t> threads_of(pid_t pid) {
  constexpr std::size_t most = 4096;
  std::vector<pid_t> threads;
  const std::string path = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), &closedir);
  if (!directory) {
    return threads;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while (const dirent* const entry = readdir(directory.get())) {
    const long thread = std::strtol(entry->d_name, nullptr, 10);
    if (thread > 0 && threads.size() < most) {
      threads.push_back(static_cast<pid_t>(thread));
    }
  }
  return threads;
}

}  // namespace rocmfix::run
