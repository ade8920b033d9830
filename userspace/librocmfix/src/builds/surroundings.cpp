// SPDX-License-Identifier: MIT
// What of a machine decides whether a build can be installed on it: read from two files, neither of
// which is executed.
#include <string_view>

#include "rocmfix/builds.hpp"

namespace rocmfix {

namespace {

constexpr std::size_t most_bytes = 1U << 16U;

/// The value of NAME in a file of os-release(5), without its quotes; nullopt: it is not there.
std::optional<std::string_view> field(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.starts_with(name) || line.substr(name.size()).empty() || line[name.size()] != '=') {
      continue;
    }
    line.remove_prefix(name.size() + 1);
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return line;
  }
  return std::nullopt;
}

std::optional<std::string> debian_of(const Root& root) {
  const auto text = root.read("/etc/os-release", most_bytes);
  if (!text) {
    return std::nullopt;
  }
  if (field(*text, "ID") != "debian") {
    return "";
  }
  // Testing and sid have no VERSION_ID.
  return std::string(field(*text, "VERSION_ID").value_or("sid"));
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
  return {.debian = debian_of(root), .python = python_of(root), .interpreter = ""};
}

Surroundings surroundings_of_program(const Root& root, std::string_view program,
                                     std::string_view library) {
  const std::string_view file = program.substr(program.rfind('/') + 1);
  // Debian, Fedora and Arch mark their own interpreters as managed (PEP 668).
  const bool own = file.starts_with("python") && program.starts_with('/') &&
                   !program.starts_with("/usr/bin/") && !program.starts_with("/bin/");
  return {.debian = debian_of(root),
          .python = own ? python_in(library) : python_of(root),
          .interpreter = std::string(own ? program : std::string_view())};
}

}  // namespace rocmfix
