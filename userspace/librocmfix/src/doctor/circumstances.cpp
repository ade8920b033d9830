// SPDX-License-Identifier: MIT
// What is no file of a root: the environment, and the program that is to use the GPUs.
#include "rocmfix/doctor.hpp"
#include "rocmfix/environment.hpp"

namespace rocmfix {

namespace {

/// A script that cannot be executed is given to python3.
std::vector<std::string> command_of(const Root& root, const std::string& program) {
  constexpr std::string_view python = ".py";
  if (program.ends_with(python) && root.exists(program)) {
    return {"python3", program};
  }
  return {program};
}

}  // namespace

Circumstances gather_circumstances(const Root& root, const std::string& program) {
  Circumstances circumstances;
  circumstances.environment = inherited_environment(root);
  ProgramFacts& facts = circumstances.program;
  facts.implied = program.empty();
  if (!root.is_system()) {
    return circumstances;
  }
  facts.words = facts.implied ? std::vector<std::string>{"python3"} : command_of(root, program);
  facts.software = examine_command(facts.words, circumstances.environment);
  if (facts.implied && facts.software.state == SoftwareState::none) {
    facts = {};
  }
  return circumstances;
}

}  // namespace rocmfix
