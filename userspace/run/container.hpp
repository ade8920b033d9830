// SPDX-License-Identifier: MIT
// --print-container: what a container needs in order to use the GPU as rocmfix-run would start a
// program on it: devices, groups, variables, and the HIP interposer's file. Text only.
#pragma once

#include <string>

#include "preparation.hpp"

namespace rocmfix::run {

/// Commands for docker and podman.
std::string container_text(const Preparation& preparation);

/// {"schema":1,"devices":[...],"groups":[...],"variables":{...},"mounts":[{"source","target",
/// "read_only"}]}
std::string container_json(const Preparation& preparation);

}  // namespace rocmfix::run
