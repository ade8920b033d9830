// SPDX-License-Identifier: MIT
#include "rocmfix/livepatch_switch.hpp"

#include <sys/wait.h>

#include <string>

#include "base/run_program.hpp"
#include "machine/package_names.hpp"
#include "rocmfix/install_hint.hpp"
#include "rocmfix/simulation.hpp"

namespace rocmfix {

Result<int> switch_livepatch(const Root& root, bool on) {
  const std::string program = detail::names::switch_program;
  if (!root.is_system()) {
    return fail(
        {ErrorCode::refused, "only the running kernel can be patched", 0, "leave out --root"});
  }
  if (const auto allowed = refuse_when_simulated(root, on ? "livepatch on" : "livepatch off");
      !allowed) {
    return fail(allowed.error());
  }
  if (!root.exists(program)) {
    return fail({ErrorCode::failed, "the livepatch is not installed", 0,
                 install_hint(root, detail::names::livepatch_package)});
  }
  const auto status = detail::run_program({program, on ? "on" : "off"});
  if (!status) {
    return fail(status.error());
  }
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 1;
}

}  // namespace rocmfix
