// SPDX-License-Identifier: MIT
// What was asked for on the command line; the same for the program and the children that it starts.
#ifndef ROCMFIX_LITMUS_OPTIONS_HPP
#define ROCMFIX_LITMUS_OPTIONS_HPP

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rocmfix::litmus {

struct Options {
  uint32_t rounds = 1000;
  uint32_t wait = 2;    // seconds, for one flag
  uint32_t limit = 60;  // seconds, for a case, until it counts as a hang
  int device = 0;
  int peer_device = -1;  // -1: device 1 where there is one, else the same
  std::string code;      // the compiled kernels
  std::string caller;    // a library with memory.cpp in it; "": this program
  bool allocate_only = false;
  bool json = false;
  std::vector<std::string> names;
  std::string child;     // the case that this process is to run
  std::string shared;    // a name in /dev/shm that two processes share
  bool is_peer = false;  // this is the second of them
};

enum ExitStatus { all_well = 0, something_failed = 1, wrong_usage = 2, no_gpu = 3 };

/// Of the process that removes it at the end.
inline std::string shared_name(pid_t process) {
  return "/rocmfix-litmus-" + std::to_string(process);
}

/// The case of `options.child`, in this process. One line "OUTCOME DETAIL" on stdout.
int run_child(const Options& options);

}  // namespace rocmfix::litmus

#endif
