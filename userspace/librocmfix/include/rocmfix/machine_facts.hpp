// SPDX-License-Identifier: MIT
// What causes can require of the machine (`fact` of faults.toml), for a fault that happened on it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rocmfix/gpu.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

/// The kernel, the nodes of the KFD topology, and the families of the supported cards, by their
/// names in faults.toml. What is unknown is left out.
std::vector<std::pair<std::string, std::string>> machine_facts(const Root& root,
                                                               const std::vector<Gpu>& gpus);

}  // namespace rocmfix
