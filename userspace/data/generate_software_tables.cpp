// SPDX-License-Identifier: MIT
// Build tool: software.toml in, C++ constant tables out, so that a launch parses nothing. Refuses
// a file that the library would refuse.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "emitter.hpp"
#include "software/software_rules.hpp"

namespace {

using rocmfix::generate::Emitter;
using rocmfix::generate::quoted;
using rocmfix::generate::read_file;
using rocmfix::generate::value_or_exit;
using namespace rocmfix::detail;

std::string emit(Emitter& emitter, const CommandRule& rule) {
  return fmt::format(
      "{{.names = {}, .how = static_cast<CommandKind>({}), .assignments = {}, .value_options = {}, "
      ".clears_with = {}, .operands = {}, .reason = {}, .type = {}}}",
      emitter.strings(rule.names), static_cast<int>(rule.how), rule.assignments,
      emitter.strings(rule.value_options), emitter.strings(rule.clears_with), rule.operands,
      quoted(rule.reason), quoted(rule.type));
}

std::string emit(Emitter& emitter, const PackageRule& rule) {
  return fmt::format(
      "{{.name = {}, .folder = {}, .version = {}, .decides = {}, .others = {}, .alternatives = {}, "
      ".extension = {}, .compiles = {}}}",
      quoted(rule.name), quoted(rule.folder), quoted(rule.version), emitter.strings(rule.decides),
      emitter.strings(rule.others), rule.alternatives, rule.extension, quoted(rule.compiles));
}

std::string emit(Emitter& emitter, const PluginRule& rule) {
  return fmt::format("{{.with = {}, .files = {}}}", emitter.strings(rule.with),
                     emitter.strings(rule.files));
}

std::string emit(Emitter& emitter, const LibraryRule& rule) {
  return fmt::format("{{.names = {}, .tensile = {}, .plain = {}}}", emitter.strings(rule.names),
                     emitter.strings(rule.tensile), rule.plain);
}

template <class Rule>
std::string emit_all(Emitter& emitter, std::string_view type, std::span<const Rule> rules) {
  std::vector<std::string> rows;
  for (const Rule& rule : rules) {
    rows.push_back(emit(emitter, rule));
  }
  return emitter.array(type, rows);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} software.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  rocmfix::TomlArena arena;
  const auto rules = value_or_exit(parse_software_rules(read_file(argv[1]), argv[1], arena));
  Emitter emitter;
  const std::string commands = emit_all(emitter, "CommandRule", rules.commands);
  const std::string packages = emit_all(emitter, "PackageRule", rules.packages);
  const std::string plugins = emit_all(emitter, "PluginRule", rules.plugins);
  const std::string libraries = emit_all(emitter, "LibraryRule", rules.libraries);
  std::ofstream out(argv[2], std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/software.toml; edit that.\n"
      "#include \"software/software_rules.hpp\"\n\n"
      "namespace rocmfix::detail {{\nnamespace {{\n{}}}  // namespace\n\n"
      "const SoftwareRules software_rules{{.commands = {}, .packages = {}, .plugins = {}, "
      ".libraries = {}}};\n}}  // namespace rocmfix::detail\n",
      emitter.text(), commands, packages, plugins, libraries);
  out.close();
  return out ? 0 : 1;
}
