// SPDX-License-Identifier: MIT
// Strict on purpose: an unknown key in a file that decides what is set on a machine is an error,
// not something to pass over.
#include "policy/policy_toml.hpp"

#include <charconv>
#include <utility>

#include "base/toml_reader.hpp"
#include "rocmfix/software.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using Reader = detail::TomlReader;

std::optional<GcVersion> parse_gc(std::string_view text) {
  GcVersion gc;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (unsigned* part : {&gc.major, &gc.minor, &gc.revision}) {
    const auto [stop, error] = std::from_chars(at, end, *part);
    if (error != std::errc{} || (part != &gc.revision && (stop == end || *stop != '.'))) {
      return std::nullopt;
    }
    at = part == &gc.revision ? stop : stop + 1;
  }
  return at == end ? std::optional(gc) : std::nullopt;
}

Chip read_chip(Reader& reader, const toml::table& table) {
  reader.allow(table, {"name", "gfx", "apu", "gc", "pci", "source"});
  Chip chip;
  chip.name = reader.text(table, "name", true);
  chip.gfx = reader.text(table, "gfx", true);
  chip.apu = reader.boolean(table, "apu").value_or(false);
  std::vector<GcVersion> versions;
  for (const std::string_view item : reader.strings(table, "gc")) {
    const auto gc = parse_gc(item);
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

Condition read_condition(Reader& reader, const toml::table& entry, bool judged) {
  Condition when;
  const toml::node* node = entry.get("when");
  if (node == nullptr) {
    return when;
  }
  const auto* table = node->as_table();
  if (table == nullptr) {
    reader.complain(node->source(), "'when' must be a table");
    return when;
  }
  reader.allow(*table, {"value",          "configured",      "any_family",
                        "any_gfx",        "all_gfx",         "any_gfx_but",
                        "kernel_below",   "kernel_at_least", "patched",
                        "large_bar",      "forced",          "software",
                        "carries",        "lacks_gfx",       "carries_gpus",
                        "lacks_gpus",     "has_gpu",         "target_named",
                        "target",         "target_own",      "target_same_major",
                        "target_carried", "ram_above_mib",   "ram_at_most_mib"});
  when.value = reader.strings(*table, "value");
  if (!judged && !when.value.empty()) {
    reader.complain(node->source(), "a proposal has no 'value' to test",
                    "did you mean 'configured'?");
  }
  when.configured = reader.strings(*table, "configured");
  when.any_family = reader.strings(*table, "any_family");
  for (const std::string_view family : when.any_family) {
    if (family != to_string(Family::rdna1) && family != to_string(Family::rdna2)) {
      reader.complain(node->source(), formatted("'{}' is not a supported family", family),
                      "allowed: RDNA1, RDNA2");
    }
  }
  when.any_gfx = reader.strings(*table, "any_gfx");
  when.all_gfx = reader.strings(*table, "all_gfx");
  when.any_gfx_but = reader.strings(*table, "any_gfx_but");
  when.kernel_below = reader.text(*table, "kernel_below");
  when.kernel_at_least = reader.text(*table, "kernel_at_least");
  when.patched = reader.boolean(*table, "patched");
  when.large_bar = reader.boolean(*table, "large_bar");
  when.forced = reader.boolean(*table, "forced");
  when.software = reader.strings(*table, "software");
  for (const std::string_view state : when.software) {
    if (!parse_software_state(state)) {
      reader.complain(node->source(), formatted("'software' cannot be '{}'", state),
                      "allowed: unnamed, unknown, none, known");
    }
  }
  when.carries = reader.strings(*table, "carries");
  when.lacks_gfx = reader.strings(*table, "lacks_gfx");
  when.carries_gpus = reader.boolean(*table, "carries_gpus");
  when.lacks_gpus = reader.boolean(*table, "lacks_gpus");
  when.has_gpu = reader.boolean(*table, "has_gpu");
  when.target_named = reader.boolean(*table, "target_named");
  when.target = reader.strings(*table, "target");
  when.target_own = reader.boolean(*table, "target_own");
  when.target_same_major = reader.boolean(*table, "target_same_major");
  when.target_carried = reader.boolean(*table, "target_carried");
  when.ram_above_mib = reader.number(*table, "ram_above_mib");
  when.ram_at_most_mib = reader.number(*table, "ram_at_most_mib");
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
    reader.allow(entry, {"effect", "when", "reason", "source"});
    Judgement& judgement = judgements.emplace_back();
    judgement.effect = static_cast<Effect>(
        reader.word(entry, "effect", {"unknown", "no-op", "useful", "harmful"}));
    judgement.when = read_condition(reader, entry, key == "judge");
    judgement.reason = reader.text(entry, "reason", true);
    judgement.source = reader.text(entry, "source", true);
    check_placeholders(reader, entry, judgement.reason);
  });
  return reader.arena().keep(std::move(judgements));
}

Setting read_setting(Reader& reader, const toml::table& table) {
  reader.allow(table, {"layer", "name", "summary", "per_node", "propose", "judge", "advise"});
  Setting setting;
  setting.layer = static_cast<Layer>(reader.word(table, "layer", {"module", "environment"}));
  setting.name = reader.name(table, "name");
  setting.summary = reader.text(table, "summary", true);
  setting.per_node = reader.boolean(table, "per_node").value_or(false);
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
