// SPDX-License-Identifier: MIT
// The built-in escalation with an administrator's laid over it.
#include "rocmfix/escalation.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/overlay.hpp"
#include "restart/mitigation_table.hpp"
#include "restart/mitigations_toml.hpp"

namespace rocmfix {

struct Escalation::Storage {
  TomlArena arena;
  std::vector<Mitigation> mitigations;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/mitigations.toml";

void lay_over(std::uint64_t& limit, std::uint64_t other) {
  if (other != 0) {
    limit = other;
  }
}

}  // namespace

Escalation Escalation::built_in() {
  Escalation escalation;
  escalation.mitigations_ = tables::mitigations;
  escalation.limits_ = tables::restart_limits;
  return escalation;
}

Result<Escalation> Escalation::load(const Root& root) {
  Escalation escalation = built_in();
  auto storage = std::make_shared<Storage>();
  auto parsed = detail::parse_overlay(root, overlay, &parse_mitigations, storage->arena);
  if (!parsed) {
    return fail(std::move(parsed.error()));
  }
  const auto& added = *parsed;
  if (!added) {
    return escalation;
  }
  storage->mitigations = detail::laid_over(
      escalation.mitigations_, added->mitigations,
      [](const Mitigation& mitigation) { return mitigation.name; }, detail::NewEntries::last);
  std::stable_sort(storage->mitigations.begin(), storage->mitigations.end(),
                   [](const Mitigation& a, const Mitigation& b) { return a.step < b.step; });
  RestartLimits& limits = escalation.limits_;
  lay_over(limits.interval_ms, added->limits.interval_ms);
  lay_over(limits.burst, added->limits.burst);
  lay_over(limits.delay_ms, added->limits.delay_ms);
  lay_over(limits.delay_max_ms, added->limits.delay_max_ms);
  lay_over(limits.settle_ms, added->limits.settle_ms);
  lay_over(limits.calm_ms, added->limits.calm_ms);
  lay_over(limits.progress_beats, added->limits.progress_beats);
  escalation.mitigations_ = storage->mitigations;
  escalation.storage_ = std::move(storage);
  return escalation;
}

}  // namespace rocmfix
