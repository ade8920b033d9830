// SPDX-License-Identifier: MIT
// What has to hold of gpus.toml and settings.toml, and what the parser cannot see entry by entry:
// above all, no profile may propose a value of which nothing is known.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rocmfix/policy.hpp"

namespace rocmfix::test {

/// One sentence for each value that some profile proposes on a machine on which no judgement of the
/// setting holds for it. Looked at are the machines that the setting's own conditions tell apart:
/// every chip, alone, with another and with a GPU of another kind; below and from each kernel
/// version; up to and above each amount of memory; patched, forced, large BAR and configured value.
/// A fact that a machine does not give is not one of them: that holds in no condition.
std::vector<std::string> unjudged_proposals(std::span<const Chip> chips,
                                            std::span<const Setting> settings);

/// A PCI id or a GC version that two chips have.
std::vector<std::string> lint_chips(std::span<const Chip> chips);

/// A setting that is there twice or has no judgement, and unjudged proposals.
std::vector<std::string> lint_settings(std::span<const Chip> chips,
                                       std::span<const Setting> settings);

}  // namespace rocmfix::test
