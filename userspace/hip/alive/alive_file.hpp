// SPDX-License-Identifier: MIT
// The file in ROCMFIX_ALIVE_DIR by which a process shows rocmfix-run that it is alive: what of it
// is where. Written by this library (HIP calls) and by rocmfix/alive.py (heartbeats), both in the
// same file, through a shared mapping: a sign of life is a store into memory, no system call.
//
// rocmfix-run makes the folder, and reads with pread(2): it believes nothing that is in there.
#ifndef ROCMFIX_HIP_ALIVE_FILE_HPP
#define ROCMFIX_HIP_ALIVE_FILE_HPP

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace rocmfix::hip {

/// "rfalive1", little-endian: another layout gets another.
inline constexpr uint64_t alive_magic = 0x31657669'6c616672;

/// The variable that names the folder.
inline constexpr const char* alive_variable = "ROCMFIX_ALIVE_DIR";

struct AliveHead {
  uint64_t magic;
  uint64_t apis;  ///< how many names the writer of `calls` knows (Api::count); 0: there is none
  uint64_t stacks_signal;  ///< a real-time signal at which it prints its stacks; 0: there is none
  std::array<uint64_t, 5> unused;
};

/// rocmfix.alive()'s. Counters only ever grow.
struct AliveBeats {
  uint64_t beats;
  uint64_t progress;  ///< beats with which something was kept
  uint64_t
      limit_ms;  ///< how long a silence is normal, by the program's measure; 0: it has not said
  std::array<uint64_t, 5> unused;
};

/// One thread's HIP calls.
struct AliveCall {
  uint64_t number;  ///< odd while a call is open, else even
  uint32_t thread;  ///< 0: free
  uint32_t api;     ///< Api, of the last call
  std::array<uint64_t, 6> unused;
};

struct AliveFile {
  AliveHead head;
  AliveBeats beats;
  std::array<AliveCall, 62> calls;
};
static_assert(sizeof(AliveFile) == 4096);

/// "PID-START", with the process's start in clock ticks since boot, as /proc/PID/stat has it: a
/// number that is used again is another process. "": /proc is not there.
using AliveName = std::array<char, 48>;
AliveName alive_name(pid_t pid);

/// This process's file, mapped; made if it is not there. nullptr: no folder, or no room in it.
AliveFile* map_alive_file(const char* folder);

}  // namespace rocmfix::hip

#endif
