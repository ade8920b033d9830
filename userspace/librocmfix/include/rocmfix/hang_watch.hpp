// SPDX-License-Identifier: MIT
// When a silence is a hang. Pure: no clock, no process, no file; what is seen at each look goes in.
#pragma once

#include <cstdint>
#include <vector>

namespace rocmfix {

/// What is seen of one process of the command.
struct SignOfLife {
  std::uint64_t process = 0;   ///< any number that is its own
  std::uint64_t activity = 0;  ///< any other than at the last look: it has done something
  bool expected = false;  ///< it has sent heartbeats, or is in a HIP call: it should do something
  bool paused = false;    ///< it is stopped, or a debugger holds it
  std::uint64_t limit_ms = 0;  ///< what it calls a normal silence; 0: it has not said
};

struct HangLimit {
  std::uint64_t ms = 0;           ///< a silence of this length is a hang
  bool automatic = false;         ///< until a process says what is normal
  std::uint64_t shortest_ms = 0;  ///< whatever it says
  std::uint64_t step_ms = 0;      ///< between two looks; who was away for longer has not looked
};

/// A hang is a silence of all processes together, as long as the limit, while one of them should do
/// something. Time in which one of those is paused does not count, and neither does time in which
/// nobody looked.
class HangWatch {
 public:
  explicit HangWatch(const HangLimit& limit) : limit_(limit) {}

  /// `now_ms`: of a clock that stands still while the machine is suspended. True: it is a hang.
  /// `reset`: the driver has reset the GPU, which leaves little to wait for.
  bool look(std::uint64_t now_ms, const std::vector<SignOfLife>& processes, bool reset);

  [[nodiscard]] std::uint64_t silent_ms() const { return silent_ms_; }
  /// That applies now.
  [[nodiscard]] std::uint64_t limit_ms() const { return now_limit_ms_; }

 private:
  HangLimit limit_;
  std::uint64_t now_limit_ms_ = 0;
  std::uint64_t last_look_ms_ = 0;
  std::uint64_t silent_ms_ = 0;
  std::vector<SignOfLife> last_;
};

}  // namespace rocmfix
