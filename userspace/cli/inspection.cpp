// SPDX-License-Identifier: MIT
#include "inspection.hpp"

#include <utility>

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

}  // namespace rocmfix::cli
