// SPDX-License-Identifier: MIT
#include "rocmfix/simulation.hpp"

#include <dlfcn.h>

#include "util/formatted.hpp"

namespace rocmfix {

bool is_simulated() {
  return ::dlsym(RTLD_DEFAULT, "rocmfix_sim_control") != nullptr;
}

Result<void> refuse_when_simulated(const Root& root, const char* what) {
  if (!root.is_system() || !is_simulated()) {
    return {};
  }
  return fail({ErrorCode::refused,
               formatted("{} would change this machine for a GPU that is only simulated", what), 0,
               formatted("rocmfix --root DIR {} changes the files below DIR; {} without "
                         "--simulate changes this machine",
                         what, what)});
}

}  // namespace rocmfix
