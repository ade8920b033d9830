// SPDX-License-Identifier: MIT
// Whether a mitigation applies to a fault: what the keys of mitigations.toml's `when` mean.
#pragma once

#include <cstdint>
#include <span>

#include "base/rule_engine.hpp"
#include "rocmfix/restart.hpp"

namespace rocmfix {

struct MitigationFacts {
  const RestartContext& context;
  const Outcome& outcome;    ///< of the last attempt
  std::uint64_t faults = 0;  ///< without progress, since there was some; the last one included
};

using MitigationKey = detail::ConditionKey<const MitigationFacts>;

/// In the order of mitigations.toml, which says what each means.
std::span<const MitigationKey> mitigation_keys();

}  // namespace rocmfix
