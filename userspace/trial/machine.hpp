// SPDX-License-Identifier: MIT
// What a trial's figures are of: the card, the driver, and the software that the command uses.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/root.hpp"
#include "trial/journal.hpp"

namespace rocmfix::trial {

/// {"gpus":[{"name","pci_id","gfx"}],"distribution","kernel","amdgpu","rocm","framework",
/// "simulated"}: `rocm` is the one that the framework was built with, else the system's;
/// `framework` is null for a program without one. Errors: not_applicable without a supported GPU,
/// unless the card is simulated.
Result<Json> describe_machine(const Root& root, const std::vector<std::string>& command,
                              bool simulated);

}  // namespace rocmfix::trial
