// SPDX-License-Identifier: MIT
// A case of torch/cases.py: the process becomes Python, which says the verdict.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "selftest/torch_cases.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

void test_torch(const Task& task, int torch_case) {
  const std::string device = formatted("cuda:{}", task.device);
  const std::string seed = std::to_string(task.seed);
  const std::string seconds = formatted("{:.3f}", task.seconds);
  // So that MIOpen's log names the solver that it takes: miopen_log.hpp.
  setenv("MIOPEN_LOG_LEVEL", "5", 0);
  execlp(task.python.c_str(), task.python.c_str(), task.torch_cases.c_str(),
         torch_cases.at(static_cast<std::size_t>(torch_case)).name, "--device", device.c_str(),
         "--seed", seed.c_str(), "--seconds", seconds.c_str(), nullptr);
  finish(Outcome::failed, formatted("cannot run {}: {}", task.python, std::strerror(errno)));
}

}  // namespace rocmfix::selftest
