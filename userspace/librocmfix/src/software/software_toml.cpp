// SPDX-License-Identifier: MIT

#include "base/toml_reader.hpp"
#include "software/software_rules.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

using Reader = TomlReader;

void need(Reader& reader, const toml::table& table, bool there, std::string_view what) {
  if (!there) {
    reader.complain(table.source(), formatted("{} is missing", what));
  }
}

CommandRule read_command(Reader& reader, const toml::table& table) {
  reader.allow(table, {"names", "how", "assignments", "value_options", "clears_with", "operands",
                       "reason", "type", "second", "keeps_with", "only_with", "passes_on", "verbs",
                       "variable", "variable_options", "devices", "device_verbs"});
  CommandRule rule;
  rule.names = reader.strings(table, "names");
  rule.how = static_cast<CommandKind>(
      reader.word(table, "how", {"wrapper", "python", "opaque", "elsewhere"}));
  rule.assignments = reader.boolean(table, "assignments").value_or(false);
  rule.value_options = reader.strings(table, "value_options");
  rule.clears_with = reader.strings(table, "clears_with");
  rule.operands = reader.number(table, "operands");
  rule.reason = reader.text(table, "reason");
  rule.type = reader.text(table, "type");
  rule.second = reader.strings(table, "second");
  rule.keeps_with = reader.strings(table, "keeps_with");
  rule.only_with = reader.strings(table, "only_with");
  rule.passes_on = reader.boolean(table, "passes_on").value_or(false);
  rule.verbs = reader.strings(table, "verbs");
  rule.variable = reader.text(table, "variable");
  rule.variable_options = reader.strings(table, "variable_options");
  rule.devices = reader.strings(table, "devices");
  rule.device_verbs = reader.strings(table, "device_verbs");
  need(reader, table, !rule.names.empty(), "'names'");
  const bool reasoned = rule.how == CommandKind::opaque || rule.how == CommandKind::elsewhere ||
                        !rule.clears_with.empty();
  need(reader, table, !reasoned || !rule.reason.empty(), "'reason'");
  const bool typed = rule.how == CommandKind::elsewhere || !rule.clears_with.empty();
  need(reader, table, !typed || !rule.type.empty(), "'type'");
  return rule;
}

PackageRule read_package(Reader& reader, const toml::table& table) {
  reader.allow(table, {"name", "folder", "version", "decides", "others", "alternatives",
                       "extension", "compiles"});
  PackageRule rule;
  rule.name = reader.text(table, "name", true);
  rule.folder = reader.text(table, "folder", true);
  rule.version = reader.text(table, "version");
  rule.decides = reader.strings(table, "decides");
  rule.others = reader.strings(table, "others");
  rule.alternatives = reader.boolean(table, "alternatives").value_or(false);
  rule.extension = reader.boolean(table, "extension").value_or(false);
  rule.compiles = reader.text(table, "compiles");
  need(reader, table, !rule.compiles.empty() || rule.extension || !rule.decides.empty(),
       "'decides', 'extension' or 'compiles'");
  return rule;
}

PluginRule read_plugin(Reader& reader, const toml::table& table) {
  reader.allow(table, {"with", "files"});
  PluginRule rule{reader.strings(table, "with"), reader.strings(table, "files")};
  need(reader, table, !rule.with.empty() && !rule.files.empty(), "'with' or 'files'");
  return rule;
}

LibraryRule read_library(Reader& reader, const toml::table& table) {
  reader.allow(table, {"names", "tensile", "plain"});
  LibraryRule rule{reader.strings(table, "names"), reader.strings(table, "tensile"),
                   reader.boolean(table, "plain").value_or(false)};
  need(reader, table, !rule.names.empty(), "'names'");
  return rule;
}

FallbackRule read_fallback(Reader& reader, const toml::table& table) {
  reader.allow(table, {"files", "code", "gfx", "source"});
  FallbackRule rule{reader.strings(table, "files"), reader.strings(table, "code"),
                    reader.strings(table, "gfx"), reader.text(table, "source", true)};
  need(reader, table, !rule.files.empty() && !rule.code.empty() && !rule.gfx.empty(),
       "'files', 'code' or 'gfx'");
  return rule;
}

template <class Rule>
std::span<const Rule> read_all(Reader& reader, const toml::table& file, std::string_view key,
                               Rule (*read)(Reader&, const toml::table&)) {
  std::vector<Rule> rules;
  reader.for_each_table(file, key,
                        [&](const toml::table& entry) { rules.push_back(read(reader, entry)); });
  return reader.arena().keep(std::move(rules));
}

}  // namespace

Result<SoftwareRules> parse_software_rules(std::string_view text, std::string_view origin,
                                           TomlArena& arena) {
  SoftwareRules rules;
  auto error = read_toml(text, origin, arena, [&](Reader& reader, const toml::table& file) {
    reader.allow(file, {"command", "package", "plugin", "library", "fallback"});
    rules.commands = read_all(reader, file, "command", read_command);
    rules.packages = read_all(reader, file, "package", read_package);
    rules.plugins = read_all(reader, file, "plugin", read_plugin);
    rules.libraries = read_all(reader, file, "library", read_library);
    rules.fallbacks = read_all(reader, file, "fallback", read_fallback);
  });
  if (error) {
    return fail(std::move(*error));
  }
  return rules;
}

}  // namespace rocmfix::detail
