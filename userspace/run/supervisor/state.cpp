// SPDX-License-Identifier: MIT
#include "supervisor/state.hpp"

#include "variables.hpp"

namespace rocmfix::run {

std::string incident_directory() {
  if (const char* const directory = own_variable("ROCMFIX_INCIDENT_DIR")) {
    return directory;
  }
  if (const char* const state = own_variable("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/rocmfix/incidents";
  }
  if (const char* const home = own_variable("HOME")) {
    return std::string(home) + "/.local/state/rocmfix/incidents";
  }
  return {};
}

}  // namespace rocmfix::run
