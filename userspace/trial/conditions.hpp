// SPDX-License-Identifier: MIT
// The GPU just before a run: what could explain a difference that the arms do not. Never wakes a
// suspended GPU.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/gpu.hpp"
#include "rocmfix/root.hpp"
#include "trial/run.hpp"

namespace rocmfix::trial {

/// The supported cards, each name with ".1", ".2" for those after the first: "temperature_c",
/// "power_w", "sclk_mhz", "mclk_mhz", "busy_percent", "vram_used_mib"; and "kfd_processes",
/// programs that have the compute driver open.
Conditions read_conditions(const Root& root, const std::vector<Gpu>& gpus);

/// What to tell the user: another program is on the GPU. Empty: none is known to be.
std::string other_load(const Conditions& conditions);

/// This boot of the machine; empty where the kernel does not say.
std::string boot_id(const Root& root);

}  // namespace rocmfix::trial
