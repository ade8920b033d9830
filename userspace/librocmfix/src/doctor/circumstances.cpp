// SPDX-License-Identifier: MIT
// What is no file of a root: the environment, and the program that is to use the GPUs.
#include "base/captured_facts.hpp"
#include "rocmfix/doctor.hpp"
#include "rocmfix/environment.hpp"
#include "software/command.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

/// The interpreter that `python3` means in a shell with an active environment. One that was
/// activated comes first in PATH; sudo(8) and desktop files leave the variable and lose the PATH.
std::string default_python(const detail::Lookup& lookup) {
  for (const char* const variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const std::string folder = lookup.variable(variable);
    if (!folder.empty() && lookup.is_executable(folder + "/bin/python3")) {
      return folder + "/bin/python3";
    }
  }
  return "python3";
}

Error no_program(std::string what) {
  return {ErrorCode::invalid, std::move(what), 0,
          "--program takes a Python interpreter (venv/bin/python), a script or a binary"};
}

/// As a shell would run it, or a file without "./"; a Python script that cannot be executed is
/// given to python3.
Result<std::vector<std::string>> command_of(const std::string& program,
                                            const detail::Lookup& lookup) {
  const std::string file = lookup.absolute(program);
  if (lookup.is_folder(file)) {
    Error error = no_program(formatted("{} is a directory", file));
    if (const std::string python = file + "/bin/python3"; lookup.exists(python)) {
      error.hint = "--program " + python;
    }
    return fail(std::move(error));
  }
  const std::string found = detail::find_in_path(program, lookup);
  if (!found.empty() && lookup.is_executable(found)) {
    return std::vector<std::string>{program};
  }
  if (!lookup.exists(file)) {
    return fail(no_program(formatted("there is no program {}",
                                     program.find('/') == std::string::npos ? program : file)));
  }
  if (program.ends_with(".py")) {
    return std::vector<std::string>{default_python(lookup), file};
  }
  return std::vector<std::string>{file};
}

/// False: nothing of it can be a program for GPUs.
bool is_of_interest(const ProgramFacts& facts) {
  return facts.software.state == SoftwareState::known || facts.torch || !facts.kpack.empty();
}

}  // namespace

Result<Circumstances> gather_circumstances(const Root& root, const std::string& asked) {
  const std::string& program =
      asked.empty() && root.captured() != nullptr ? root.captured()->program : asked;
  Circumstances circumstances;
  circumstances.environment = inherited_environment(root);
  const detail::Lookup lookup(root, circumstances.environment);
  std::vector<std::string> words = {default_python(lookup)};
  if (!program.empty()) {
    auto given = command_of(program, lookup);
    if (!given) {
      return fail(std::move(given.error()));
    }
    words = std::move(*given);
  }
  ProgramFacts& facts = circumstances.program;
  facts = examine_program(root, std::move(words), circumstances.environment);
  facts.implied = program.empty();
  if (facts.implied && !is_of_interest(facts)) {
    facts = {};
  }
  return circumstances;
}

}  // namespace rocmfix
