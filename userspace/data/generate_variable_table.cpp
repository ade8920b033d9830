// SPDX-License-Identifier: MIT
// Build tool: variables.toml in, a sorted table of names out. Refuses a name that is no variable's,
// that is there twice, or that could be a secret's.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/toml_reader.hpp"
#include "emitter.hpp"

namespace {

using rocmfix::detail::TomlReader;

bool is_name(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool could_be_secret(std::string_view name) {
  constexpr std::array parts = {"TOKEN", "KEY", "PASS", "SECRET", "CREDENTIAL", "AUTH"};
  return std::any_of(parts.begin(), parts.end(), [name](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} variables.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  using namespace rocmfix::generate;
  rocmfix::TomlArena arena;
  std::vector<std::string_view> names;
  const auto error = rocmfix::detail::read_toml(
      read_file(argv[1]), argv[1], arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"library"});
        reader.for_each_table(file, "library", [&](const toml::table& entry) {
          reader.allow(entry, {"name", "variables", "source"});
          reader.text(entry, "name", true);
          reader.text(entry, "source", true);
          for (const std::string_view name : reader.strings(entry, "variables")) {
            if (!is_name(name) || could_be_secret(name)) {
              reader.complain(entry.source(), fmt::format("'{}' cannot be quoted", name));
            }
            names.push_back(name);
          }
        });
      });
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (error || names.empty() || twice != names.end()) {
    fmt::print(stderr, "error: {}\n",
               error           ? error->what
               : names.empty() ? "no variables"
                               : fmt::format("{}: {} is there twice", argv[1], *twice));
    return 1;
  }
  return write_names(argv[2], "variables.toml", "policy/variable_table.hpp", "rocmfix::tables",
                     "runtime_variables", names);
}
