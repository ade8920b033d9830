// SPDX-License-Identifier: MIT
// What /proc says of a process. It may be gone, or be another one of that number, at any moment.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rocmfix::run {

/// /proc/<pid>/<file>, a mebibyte of it at most. nullopt: it is not there, or not readable.
std::optional<std::string> read_proc(pid_t pid, const std::string& file);

/// Any bytes.
std::optional<std::string> process_name(pid_t pid);

struct Relations {
  char state = '?';  ///< 'Z': it has ended, 'D': it cannot be interrupted
  pid_t parent = 0;
  pid_t session = 0;
};
std::optional<Relations> relations_of(pid_t pid);
/// Of one of its threads: they wait for themselves.
std::optional<Relations> relations_of(pid_t pid, pid_t thread);

/// Some thousand at most. Empty: it has ended.
std::vector<pid_t> threads_of(pid_t pid);

}  // namespace rocmfix::run
