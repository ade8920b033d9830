// SPDX-License-Identifier: MIT
// Strict on purpose: an unknown key in a file that decides what is set on a machine is an error,
// not something to pass over.
#include "policy/policy_toml.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clause_reader.hpp"
#include "base/toml_reader.hpp"
#include "machine/gc_version.hpp"
#include "policy/condition.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using Reader = detail::TomlReader;

Chip read_chip(Reader& reader, const toml::table& table) {
  reader.allow(table, {"name", "gfx", "apu", "gc", "pci", "source"});
  Chip chip;
  chip.name = reader.text(table, "name", true);
  chip.gfx = reader.text(table, "gfx", true);
  chip.apu = reader.boolean(table, "apu").value_or(false);
  std::vector<GcVersion> versions;
  for (const std::string_view item : reader.strings(table, "gc")) {
    const auto gc = detail::parse_gc(item);
    if (!gc || family_of(*gc) == Family::other || family_of(*gc) != family_of_gfx(chip.gfx)) {
      reader.complain(table.source(), formatted("'{}' is not a GC version of {}", item, chip.gfx),
                      "three numbers, e.g. \"10.3.2\"; only 10.1.x (gfx101x) and 10.3.x (gfx103x)");
      continue;
    }
    versions.push_back(*gc);
  }
  std::vector<std::uint16_t> ids;
  for (const std::string_view item : reader.strings(table, "pci")) {
    std::uint16_t id = 0;
    const auto [stop, error] = std::from_chars(item.data(), item.data() + item.size(), id, 16);
    if (error != std::errc{} || stop != item.data() + item.size() || item.size() != 4) {
      reader.complain(table.source(), formatted("'{}' is not a PCI device id", item),
                      "four hexadecimal digits, e.g. \"731f\"");
      continue;
    }
    ids.push_back(id);
  }
  if (versions.empty()) {
    reader.complain(table.source(), "'gc' is missing");
  }
  chip.gc = reader.arena().keep(std::move(versions));
  chip.pci = reader.arena().keep(std::move(ids));
  return chip;
}

Clauses read_condition(Reader& reader, const toml::table& entry, bool judged) {
  const Clauses when = detail::read_clauses(reader, entry, setting_keys());
  const auto judges = [](const Clause& clause) { return clause.key.starts_with("value"); };
  if (!judged && std::any_of(when.begin(), when.end(), judges)) {
    reader.complain(entry.source(), "a proposal has no 'value' to test",
                    "did you mean 'configured'?");
  }
  return when;
}

void check_placeholders(Reader& reader, const toml::table& entry, std::string_view text) {
  for (auto open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (close == std::string_view::npos || !is_placeholder(name)) {
      reader.complain(entry.source(), formatted("'{{{}}}' is not a known placeholder", name),
                      "settings.toml lists the placeholders");
    }
  }
}

std::span<const Judgement> read_judgements(Reader& reader, const toml::table& table,
                                           std::string_view key) {
  std::vector<Judgement> judgements;
  reader.for_each_table(table, key, [&](const toml::table& entry) {
    reader.allow(entry, {"effect", "warn", "when", "reason", "source"});
    Judgement& judgement = judgements.emplace_back();
    judgement.effect = static_cast<Effect>(
        reader.word(entry, "effect", {"unknown", "no-op", "useful", "harmful"}));
    judgement.when = read_condition(reader, entry, key == "judge");
    judgement.reason = reader.text(entry, "reason", true);
    judgement.source = reader.text(entry, "source", true);
    judgement.warn = reader.boolean(entry, "warn").value_or(false);
    check_placeholders(reader, entry, judgement.reason);
  });
  return reader.arena().keep(std::move(judgements));
}

// "noretry", or of another module than amdgpu "ttm.pages_limit".
std::string_view read_setting_name(Reader& reader, const toml::table& table, Layer layer) {
  const std::string_view text = reader.text(table, "name", true);
  const auto dot = text.find('.');
  return layer == Layer::module && dot != std::string_view::npos &&
                 Reader::is_name(text.substr(0, dot)) && Reader::is_name(text.substr(dot + 1))
             ? text
             : reader.name(table, "name");
}

Setting read_setting(Reader& reader, const toml::table& table) {
  reader.allow(table, {"layer", "name", "summary", "per_node", "text", "default", "propose",
                       "judge", "advise"});
  Setting setting;
  setting.layer = static_cast<Layer>(reader.word(table, "layer", {"module", "environment"}));
  setting.name = read_setting_name(reader, table, setting.layer);
  setting.summary = reader.text(table, "summary", true);
  setting.per_node = reader.boolean(table, "per_node").value_or(false);
  setting.text = reader.boolean(table, "text").value_or(false);
  setting.driver_default = reader.text(table, "default");
  std::vector<Proposal> proposals;
  reader.for_each_table(table, "propose", [&](const toml::table& entry) {
    reader.allow(entry, {"profile", "value", "when"});
    Proposal& proposal = proposals.emplace_back();
    proposal.profile = static_cast<Profile>(reader.word(entry, "profile", {"safe", "original"}));
    proposal.value = reader.plain_text(entry, "value", true);
    proposal.when = read_condition(reader, entry, false);
  });
  setting.proposals = reader.arena().keep(std::move(proposals));
  setting.judgements = read_judgements(reader, table, "judge");
  setting.advice = read_judgements(reader, table, "advise");
  return setting;
}

// A file is a list of tables under one name, and nothing else.
template <class Item, class Read>
Result<std::vector<Item>> parse_file(std::string_view text, std::string_view origin,
                                     std::string_view key, TomlArena& arena, Read read) {
  std::vector<Item> items;
  auto error = detail::read_toml(text, origin, arena, [&](Reader& reader, const toml::table& file) {
    reader.allow(file, {key});
    reader.for_each_table(file, key,
                          [&](const toml::table& entry) { items.push_back(read(reader, entry)); });
  });
  if (error) {
    return fail(std::move(*error));
  }
  return items;
}

}  // namespace

Result<std::vector<Chip>> parse_chips(std::string_view text, std::string_view origin,
                                      TomlArena& arena) {
  return parse_file<Chip>(text, origin, "chip", arena, read_chip);
}

Result<std::vector<Setting>> parse_settings(std::string_view text, std::string_view origin,
                                            TomlArena& arena) {
  return parse_file<Setting>(text, origin, "setting", arena, read_setting);
}

}  // namespace rocmfix
