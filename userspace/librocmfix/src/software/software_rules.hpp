// SPDX-License-Identifier: MIT
// software.toml as tables: what a command runs, and which files of it hold GPU code.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy_toml.hpp"

namespace rocmfix::detail {

enum class CommandKind : std::uint8_t { wrapper, python, opaque, elsewhere };

struct CommandRule {
  Strings names;
  CommandKind how = CommandKind::wrapper;
  bool assignments = false;
  Strings value_options;
  Strings clears_with;
  std::uint64_t operands = 0;
  std::string_view reason;
  std::string_view type;
};

struct PackageRule {
  std::string_view name;
  std::string_view folder;
  std::string_view version;
  Strings decides;
  Strings others;
  bool alternatives = false;
  bool extension = false;
  std::string_view compiles;
};

struct PluginRule {
  Strings with;
  Strings files;
};

struct LibraryRule {
  Strings names;
  Strings tensile;
  bool plain = false;
};

struct SoftwareRules {
  std::span<const CommandRule> commands;
  std::span<const PackageRule> packages;
  std::span<const PluginRule> plugins;
  std::span<const LibraryRule> libraries;
};

/// Those compiled in, of software.toml.
extern const SoftwareRules software_rules;

/// Errors: as those of policy_toml.hpp.
Result<SoftwareRules> parse_software_rules(std::string_view text, std::string_view origin,
                                           PolicyArena& arena);

}  // namespace rocmfix::detail
