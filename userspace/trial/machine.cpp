// SPDX-License-Identifier: MIT
#include "trial/machine.hpp"

#include <array>

#include "rocmfix/doctor.hpp"
#include "rocmfix/driver.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/gpu.hpp"

namespace rocmfix::trial {

namespace {

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

/// "torch 2.13.0+rocm10.0.0"
std::string framework_of(const ProgramFacts& program) {
  return program.torch && !program.torch->version.empty() ? "torch " + program.torch->version : "";
}

/// What the framework brings is what is used; of the rest, the system's.
std::string rocm_of(const Examination& examination) {
  const auto& torch = examination.program.torch;
  return torch && torch->hip && !torch->hip->empty() ? *torch->hip : examination.rocm;
}

Json supported_gpus(const Machine& machine) {
  Json list = Json::array();
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.supported) {
      list.push_back(
          {{"name", gpu.name.value_or("")}, {"pci_id", gpu.pci_id}, {"gfx", gpu.gfx.value_or("")}});
    }
  }
  return list;
}

}  // namespace

Result<Json> describe_machine(const Root& root, const std::vector<std::string>& command,
                              bool simulated) {
  Circumstances circumstances;
  circumstances.environment = inherited_environment(root);
  circumstances.program = examine_program(root, command, circumstances.environment);
  // One check, that of rocmfix's own files: what is wanted is the description.
  const std::array<std::string, 1> only{"configuration"};
  const auto examined = examine(root, circumstances, only);
  if (!examined) {
    return fail(examined.error());
  }
  Json gpus = supported_gpus(examined->machine);
  if (gpus.empty() && !simulated) {
    const auto hidden = unreadable_gpus(root);
    return fail(hidden ? *hidden
                       : Error{ErrorCode::not_applicable, "no RDNA1 or RDNA2 GPU to try it on", 0,
                               "rocmfix status shows the GPUs that were found"});
  }
  const Driver& driver = examined->machine.driver;
  return Json{{"gpus", std::move(gpus)},
              {"distribution", or_null(examined->distribution)},
              {"kernel", or_null(driver.kernel_release.value_or(""))},
              {"amdgpu", describe_loaded(driver)},
              {"rocm", or_null(rocm_of(*examined))},
              {"framework", or_null(framework_of(examined->program))},
              {"simulated", simulated}};
}

}  // namespace rocmfix::trial
