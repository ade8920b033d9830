// SPDX-License-Identifier: MIT
#include "rocmfix/hang_watch.hpp"

#include <algorithm>

namespace rocmfix {

namespace {

constexpr std::uint64_t minute = 60'000;
constexpr std::uint64_t day = 1440 * minute;

bool same(const SignOfLife& a, const SignOfLife& b) {
  return a.process == b.process && a.activity == b.activity;
}

/// A program's own measure, within reason: what it wrote may be anything.
std::uint64_t limit_of(const HangLimit& limit, const std::vector<SignOfLife>& processes) {
  std::uint64_t said = 0;
  for (const SignOfLife& process : processes) {
    said = std::max(said, process.limit_ms);
  }
  return !limit.automatic || said == 0
             ? limit.ms
             : std::clamp(said, limit.shortest_ms, std::max(day, limit.shortest_ms));
}

}  // namespace

bool HangWatch::look(std::uint64_t now_ms, const std::vector<SignOfLife>& processes, bool reset) {
  const std::uint64_t since = last_look_ms_ == 0 ? 0 : now_ms - last_look_ms_;
  last_look_ms_ = now_ms;
  now_limit_ms_ = limit_of(limit_, processes);
  const bool expected = std::any_of(processes.begin(), processes.end(),
                                    [](const SignOfLife& process) { return process.expected; });
  const bool paused =
      std::any_of(processes.begin(), processes.end(),
                  [](const SignOfLife& process) { return process.expected && process.paused; });
  const bool silent =
      expected && std::equal(processes.begin(), processes.end(), last_.begin(), last_.end(), same);
  last_ = processes;
  if (!silent) {
    silent_ms_ = 0;
    return false;
  }
  if (!paused) {
    silent_ms_ += std::min(since, 2 * limit_.step_ms);
  }
  const std::uint64_t enough = reset ? std::min(minute, now_limit_ms_ / 4) : now_limit_ms_;
  return !paused && silent_ms_ >= enough;
}

}  // namespace rocmfix
