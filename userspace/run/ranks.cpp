// SPDX-License-Identifier: MIT
#include "ranks.hpp"

#include <cstdlib>

#include "variables.hpp"

namespace rocmfix::run {

namespace {

long number_in(const char* name) {
  const char* const text = own_variable(name);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

}  // namespace

bool is_one_of_several_ranks() {
  return own_variable("TORCHELASTIC_RUN_ID") != nullptr && number_in("WORLD_SIZE") > 1;
}

bool was_started_again() {
  return number_in("TORCHELASTIC_RESTART_COUNT") > 0;
}

}  // namespace rocmfix::run
