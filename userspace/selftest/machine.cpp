// SPDX-License-Identifier: MIT
#include "selftest/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/os_release.hpp"
#include "rocmfix/driver.hpp"
#include "rocmfix/policy.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/redaction.hpp"
#include "rocmfix/root.hpp"
#include "rocmfix/simulation.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

void read_driver(const Root& root, Machine& machine) {
  const Driver driver = inspect_driver(root);
  machine.kernel = printable(driver.kernel_release.value_or(""));
  machine.driver.emplace_back("amdgpu", describe_loaded(driver));
  if (driver.loaded) {
    const auto noretry = driver.loaded->parameters.find("noretry");
    if (noretry != driver.loaded->parameters.end()) {
      machine.driver.emplace_back("amdgpu.noretry", printable(noretry->second));
    }
  }
  for (const Gpu& gpu : machine.gpus) {
    for (const char* const name : {"active", "mtype", "noretry"}) {
      const auto value =
          root.read_line(formatted("/sys/bus/pci/devices/{}/rocmfix/{}", gpu.bdf, name));
      if (value) {
        machine.driver.emplace_back(formatted("{} {}", gpu.bdf, name), printable(*value));
      }
    }
  }
}

void read_environment(Machine& machine) {
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals != std::string_view::npos &&
        (is_runtime_variable(name) || name.starts_with("ROCMFIX_") || name == "LD_PRELOAD")) {
      machine.environment.emplace_back(printable(name),
                                       redact_text(printable(text.substr(equals + 1))));
    }
  }
  std::sort(machine.environment.begin(), machine.environment.end());
}

}  // namespace

Result<Machine> read_machine() {
  const auto root = Root::open();
  if (!root) {
    return fail(root.error());
  }
  const auto policy = Policy::load(*root);
  if (!policy) {
    return fail(policy.error());
  }
  Machine machine;
  machine.simulated = is_simulated();
  for (Gpu& gpu : discover_gpus(*root, *policy)) {
    if (gpu.supported) {
      machine.gpus.push_back(std::move(gpu));
    }
  }
  if (machine.gpus.empty()) {
    const auto hidden = unreadable_gpus(*root);
    return fail(hidden ? *hidden
                       : Error{ErrorCode::not_applicable, "no RDNA1 or RDNA2 GPU to test", 0,
                               "rocmfix status shows the GPUs that were found; a simulated one: "
                               "rocmfix-run --simulate rx5700xt rocmfix-selftest"});
  }
  machine.distribution = printable(detail::read_os_release(*root).name);
  read_driver(*root, machine);
  read_environment(machine);
  machine.compute_programs = root->list("/sys/class/kfd/kfd/proc").size();
  return machine;
}

}  // namespace rocmfix::selftest
