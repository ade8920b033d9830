// SPDX-License-Identifier: MIT
#include "supervisor/thread_states.hpp"

#include <algorithm>
#include <string_view>

#include "supervisor/proc.hpp"

namespace rocmfix::run {

namespace {

bool is_plain(std::string_view name) {
  return !name.empty() && name != "0" && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

}  // namespace

bool is_stopped(pid_t pid) {
  const auto relations = relations_of(pid);
  return relations && (relations->state == 'T' || relations->state == 't');
}

bool is_paused(pid_t pid) {
  constexpr std::string_view tracer = "\nTracerPid:\t";
  const std::string status = read_proc(pid, "status").value_or("");
  const auto at = status.find(tracer);
  return is_stopped(pid) ||
         (at != std::string::npos && status.compare(at + tracer.size(), 2, "0\n") != 0);
}

std::vector<StuckThread> stuck_threads(const std::vector<pid_t>& processes) {
  constexpr std::size_t most = 32;
  std::vector<StuckThread> found;
  for (const pid_t pid : processes) {
    for (const pid_t thread : threads_of(pid)) {
      const auto relations = relations_of(pid, thread);
      if (found.size() == most) {
        return found;
      }
      if (relations && relations->state == 'D') {
        const std::string file = "task/" + std::to_string(thread) + "/wchan";
        std::string where = read_proc(pid, file).value_or("");
        found.push_back({pid, thread, process_name(pid).value_or(""),
                         is_plain(where) ? std::move(where) : std::string()});
      }
    }
  }
  return found;
}

}  // namespace rocmfix::run
