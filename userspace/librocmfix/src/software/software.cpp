// SPDX-License-Identifier: MIT
#include "rocmfix/software.hpp"

#include <utility>

#include "rocmfix/outside.hpp"
#include "software/binary.hpp"
#include "software/command.hpp"
#include "software/packages.hpp"
#include "software/python_path.hpp"

namespace rocmfix {

namespace {

Software unknown(std::string why) {
  Software software;
  software.state = SoftwareState::unknown;
  software.why = std::move(why);
  return software;
}

}  // namespace

Software detail::examine(std::span<const std::string> words, Lookup& lookup) {
  const Program program = find_program(words, lookup);
  Software software;
  switch (program.kind) {
    case Program::Kind::unknown:
      software = unknown(program.why);
      break;
    case Program::Kind::python: {
      const PythonPath path = python_path(program, lookup);
      if (lookup.details() != nullptr) {
        lookup.details()->interpreter = program.file;
        lookup.details()->python_version = path.version;
      }
      software = path.why.empty() ? examine_packages(path, lookup) : unknown(path.why);
      break;
    }
    case Program::Kind::binary:
      software = examine_binary(program, lookup);
      break;
  }
  software.program = program.file;
  lookup.finish();
  return software;
}

Software examine_command(std::span<const std::string> words, const Environment& environment) {
  const auto root = Root::open("/");
  return root ? examine_command(*root, words, environment) : unknown(to_string(root.error()));
}

Software examine_command(const Root& root, std::span<const std::string> words,
                         const Environment& environment) {
  // What there is to carry in is the launcher's to say.
  const Carried example{{{"NAME", "VALUE"}}, {}};
  if (auto outside = find_outside(words, environment, example)) {
    Software software = unknown(std::move(outside->reason));
    software.program = std::move(outside->program);
    software.elsewhere = std::move(outside->command);
    return software;
  }
  detail::Lookup lookup(root, environment);
  return detail::examine(words, lookup);
}

Software examine_python(std::span<const std::string> folders, const Environment& environment) {
  const auto root = Root::open("/");
  if (!root) {
    return unknown(to_string(root.error()));
  }
  detail::Lookup lookup(*root, environment);
  detail::PythonPath path;
  for (const std::string& folder : folders) {
    path.folders.push_back(lookup.absolute(folder));
  }
  Software software = detail::examine_packages(path, lookup);
  software.program = "this Python interpreter";
  lookup.finish();
  return software;
}

}  // namespace rocmfix
