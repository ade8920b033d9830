// SPDX-License-Identifier: MIT
// Build tool: communicators.toml in, a constant table of names out, for the layer in the HIP
// process, which must not parse anything. Refuses what the library would refuse, and a name that is
// there twice or that another one covers.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "emitter.hpp"
#include "policy/communicators_toml.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} communicators.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  using namespace rocmfix::generate;
  rocmfix::TomlArena arena;
  const auto entries =
      value_or_exit(rocmfix::parse_communicators(read_file(argv[1]), argv[1], arena));
  std::vector<std::string_view> names;
  bool well = !entries.empty();
  for (const auto& entry : entries) {
    if (entry.source.empty()) {
      fmt::print(stderr, "error: {}: '{}' has no source\n", argv[1], entry.name);
      well = false;
    }
    for (const std::string_view name : entry.starts_with) {
      for (const std::string_view other : names) {
        if (name.starts_with(other) || other.starts_with(name)) {
          fmt::print(stderr, "error: {}: '{}' and '{}' cover each other\n", argv[1], name, other);
          well = false;
        }
      }
      names.push_back(name);
    }
  }
  if (!well) {
    return 1;
  }
  return write_names(argv[2], "communicators.toml", "hip/communicators.hpp", "rocmfix::hip",
                     "built_in_communicators", names);
}
