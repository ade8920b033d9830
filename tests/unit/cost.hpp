// SPDX-License-Identifier: MIT
// Runs something in a process of its own that can neither hang nor take the machine's memory, and
// reports what it took.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace rocmfix::test {

struct Cost {
  int status = -1;  ///< waitpid's; 0: it returned true
  double cpu_seconds = 0;
  long peak_mib = 0;
};

/// RLIMIT_AS would leave no room for a sanitizer's own tables.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool can_limit_memory = false;
inline constexpr double slowdown = 5;  ///< what costs are multiplied by, at most
#else
inline constexpr bool can_limit_memory = true;
inline constexpr double slowdown = 1;
#endif

template <class Function>
Cost cost_of(Function function) {
  constexpr rlim_t most_memory = rlim_t{2} << 30U;
  constexpr unsigned most_seconds = 40;
  const pid_t child = fork();
  if (child == 0) {
    const rlimit memory{most_memory, most_memory};
    const rlimit files{most_memory / 2, most_memory / 2};  // memfd's, too
    const rlimit core{0, 0};
    if (can_limit_memory) {
      setrlimit(RLIMIT_AS, &memory);
    }
    setrlimit(RLIMIT_FSIZE, &files);
    setrlimit(RLIMIT_CORE, &core);
    alarm(most_seconds);
    _exit(function() ? 0 : 1);
  }
  Cost cost;
  rusage usage{};
  wait4(child, &cost.status, 0, &usage);
  cost.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  cost.peak_mib = usage.ru_maxrss / 1024;
  return cost;
}

}  // namespace rocmfix::test
