// SPDX-License-Identifier: MIT
#include "inspection.hpp"

#include <utility>

#include "rocmfix/environment.hpp"

namespace rocmfix::cli {

Result<Inspection> inspect(const Root& root) {
  auto policy = Policy::load(root);
  if (!policy) {
    return fail(std::move(policy.error()));
  }
  auto machine = inspect_machine(root, *policy);
  if (!machine) {
    return fail(std::move(machine.error()));
  }
  return Inspection{std::move(*policy), std::move(*machine)};
}

void examine(Inspection& seen, const std::vector<std::string>& command, Profile profile) {
  if (command.empty()) {
    return;
  }
  seen.machine.environment = process_environment();
  if (needs_software(seen.machine, seen.policy, profile)) {
    seen.machine.software = examine_command(command, seen.machine.environment);
  }
}

}  // namespace rocmfix::cli
