// SPDX-License-Identifier: MIT
#include "rocmfix/software.hpp"

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

Software examine_command(std::span<const std::string> words, const Environment& environment) {
  const auto root = Root::open("/");
  if (!root) {
    return unknown(to_string(root.error()));
  }
  detail::Lookup lookup(*root, environment);
  const detail::Program program = detail::find_program(words, lookup);
  Software software;
  switch (program.kind) {
    case detail::Program::Kind::unknown:
      software = unknown(program.why);
      software.elsewhere = program.elsewhere;
      break;
    case detail::Program::Kind::python: {
      const detail::PythonPath path = detail::python_path(program, lookup);
      software = path.why.empty() ? detail::examine_packages(path, lookup) : unknown(path.why);
      break;
    }
    case detail::Program::Kind::binary:
      software = detail::examine_binary(program, lookup);
      break;
  }
  software.program = program.file;
  lookup.finish();
  return software;
}

Software examine_python(std::span<const std::string> folders, const Environment& environment) {
  const auto root = Root::open("/");
  if (!root) {
    return unknown(to_string(root.error()));
  }
  detail::Lookup lookup(*root, environment);
  detail::PythonPath path;
  for (const std::string& folder : folders) {
    path.folders.push_back(detail::Lookup::absolute(folder));
  }
  Software software = detail::examine_packages(path, lookup);
  software.program = "this Python interpreter";
  lookup.finish();
  return software;
}

}  // namespace rocmfix
