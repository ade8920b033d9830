// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "preload.hpp"
#include "rocmfix/simulation.hpp"

namespace rocmfix::run {

namespace {

std::string inherited(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

}  // namespace

Result<void> enter_simulation(const Options& options, char** argv) {
  const std::string& cards = options.layer.simulated;
  if (cards.empty()) {
    return {};
  }
  const bool asked_for = inherited("ROCMFIX_SIM") == cards;
  if (asked_for && is_simulated()) {
    return {};
  }
  const auto simulator = find_simulator();
  if (!simulator) {
    return fail(simulator.error());
  }
  const std::string before = inherited("LD_PRELOAD");
  const std::string list = appended(before, *simulator);
  if (asked_for && list == before) {
    // Here for the second time.
    return fail(Error{.code = ErrorCode::failed,
                      .what = "the simulator was not loaded: " + *simulator,
                      .hint = "ld.so says why: LD_DEBUG=libs rocmfix-run --simulate ..."});
  }
  if (setenv("ROCMFIX_SIM", cards.c_str(), 1) != 0 || setenv("LD_PRELOAD", list.c_str(), 1) != 0) {
    return fail(io_error("cannot set the environment", errno));
  }
  execv("/proc/self/exe", argv);
  return fail(io_error("cannot re-execute rocmfix-run with the simulator", errno));
}

}  // namespace rocmfix::run
