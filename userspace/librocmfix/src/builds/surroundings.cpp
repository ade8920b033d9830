// SPDX-License-Identifier: MIT
// What of a machine decides whether a build can be installed on it: read from two files, neither of
// which is executed.
#include <string_view>

#include "base/os_release.hpp"
#include "rocmfix/builds.hpp"

namespace rocmfix {

namespace {

std::optional<std::string> debian_of(const Root& root) {
  const detail::OsRelease os = detail::read_os_release(root);
  if (os.id.empty()) {
    return std::nullopt;
  }
  if (os.id != "debian") {
    return "";
  }
  // Testing and sid have no VERSION_ID.
  return os.version.empty() ? "sid" : os.version;
}

std::optional<std::string> distribution_of(const Root& root) {
  const detail::OsRelease os = detail::read_os_release(root);
  return os.id.empty() ? std::nullopt : std::optional(os.id + " " + os.id_like);
}

/// "3.13" of a path with a component "python3.13"; the last one counts.
std::optional<std::string> python_in(std::string_view path) {
  constexpr std::string_view name = "/python";
  const auto at = path.rfind(name);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  path.remove_prefix(at + name.size());
  const std::string_view version = path.substr(0, path.find('/'));
  const bool numbers = version.find('.') != std::string_view::npos &&
                       version.find_first_not_of("0123456789.") == std::string_view::npos;
  return numbers ? std::optional(std::string(version)) : std::nullopt;
}

/// Of what /usr/bin/python3 is a link to.
std::optional<std::string> python_of(const Root& root) {
  const auto path = root.real_path("/usr/bin/python3");
  return path ? python_in(*path) : std::nullopt;
}

}  // namespace

Surroundings surroundings_of(const Root& root) {
  return {.debian = debian_of(root),
          .python = python_of(root),
          .distribution = distribution_of(root),
          .interpreter = ""};
}

Surroundings surroundings_of_program(const Root& root, std::string_view program,
                                     std::string_view library) {
  const std::string_view file = program.substr(program.rfind('/') + 1);
  // Debian, Fedora and Arch mark their own interpreters as managed (PEP 668).
  const bool own = file.starts_with("python") && program.starts_with('/') &&
                   !program.starts_with("/usr/bin/") && !program.starts_with("/bin/");
  return {.debian = debian_of(root),
          .python = own ? python_in(library) : python_of(root),
          .distribution = distribution_of(root),
          .interpreter = std::string(own ? program : std::string_view())};
}

}  // namespace rocmfix
