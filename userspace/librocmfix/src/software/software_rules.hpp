// SPDX-License-Identifier: MIT
// software.toml as tables: what a command runs, and which files of it hold GPU code.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/error.hpp"

namespace rocmfix::detail {

enum class CommandKind : std::uint8_t { wrapper, python, opaque, elsewhere };

struct CommandRule {
  std::span<const std::string_view> names;
  CommandKind how = CommandKind::wrapper;
  bool assignments = false;
  std::span<const std::string_view> value_options;
  std::span<const std::string_view> clears_with;
  std::uint64_t operands = 0;
  std::string_view reason;
  std::string_view type;
  std::span<const std::string_view> second;
  std::span<const std::string_view> keeps_with;
  std::span<const std::string_view> only_with;
  bool passes_on = false;
  std::span<const std::string_view> verbs;
  std::string_view variable;
  std::span<const std::string_view> variable_options;
  std::span<const std::string_view> devices;
  std::span<const std::string_view> device_verbs;
};

struct PackageRule {
  std::string_view name;
  std::string_view folder;
  std::string_view version;
  std::span<const std::string_view> decides;
  std::span<const std::string_view> others;
  bool alternatives = false;
  bool extension = false;
  std::string_view compiles;
};

struct PluginRule {
  std::span<const std::string_view> with;
  std::span<const std::string_view> files;
};

struct LibraryRule {
  std::span<const std::string_view> names;
  std::span<const std::string_view> tensile;
  bool plain = false;
};

struct FallbackRule {
  std::span<const std::string_view> files;
  std::span<const std::string_view> code;
  std::span<const std::string_view> gfx;
  std::string_view source;
};

struct SoftwareRules {
  std::span<const CommandRule> commands;
  std::span<const PackageRule> packages;
  std::span<const PluginRule> plugins;
  std::span<const LibraryRule> libraries;
  std::span<const FallbackRule> fallbacks;
};

/// Those compiled in, of software.toml.
extern const SoftwareRules software_rules;

/// Errors: invalid with "origin:line: what", and a hint.
Result<SoftwareRules> parse_software_rules(std::string_view text, std::string_view origin,
                                           TomlArena& arena);

}  // namespace rocmfix::detail
