// SPDX-License-Identifier: MIT
// The built-in ladder with an administrator's laid over it.
#include "rocmfix/ladder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ladder_tables.hpp"
#include "ladder_toml.hpp"
#include "overlay.hpp"

namespace rocmfix {

struct Ladder::Storage {
  PolicyArena arena;
  std::vector<Rung> rungs;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/ladder.toml";

void lay_over(std::uint64_t& limit, std::uint64_t other) {
  if (other != 0) {
    limit = other;
  }
}

}  // namespace

Ladder Ladder::built_in() {
  Ladder ladder;
  ladder.rungs_ = tables::ladder_rungs;
  ladder.limits_ = tables::restart_limits;
  return ladder;
}

Result<Ladder> Ladder::load(const Root& root) {
  Ladder ladder = built_in();
  const auto text = detail::read_overlay(root, overlay);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return ladder;
  }
  auto storage = std::make_shared<Storage>();
  auto added = parse_ladder(**text, root.host_path(overlay).string(), storage->arena);
  if (!added) {
    return fail(std::move(added.error()));
  }
  storage->rungs.assign(ladder.rungs_.begin(), ladder.rungs_.end());
  for (const Rung& rung : added->rungs) {
    std::erase_if(storage->rungs, [&](const Rung& other) { return other.name == rung.name; });
  }
  storage->rungs.insert(storage->rungs.end(), added->rungs.begin(), added->rungs.end());
  std::stable_sort(storage->rungs.begin(), storage->rungs.end(),
                   [](const Rung& a, const Rung& b) { return a.step < b.step; });
  RestartLimits& limits = ladder.limits_;
  lay_over(limits.interval_ms, added->limits.interval_ms);
  lay_over(limits.burst, added->limits.burst);
  lay_over(limits.delay_ms, added->limits.delay_ms);
  lay_over(limits.delay_max_ms, added->limits.delay_max_ms);
  lay_over(limits.settle_ms, added->limits.settle_ms);
  lay_over(limits.calm_ms, added->limits.calm_ms);
  ladder.rungs_ = storage->rungs;
  ladder.storage_ = std::move(storage);
  return ladder;
}

}  // namespace rocmfix
