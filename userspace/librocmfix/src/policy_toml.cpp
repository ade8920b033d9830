// SPDX-License-Identifier: MIT
// Strict on purpose: an unknown key in a file that decides what is set on a machine is an error,
// not something to pass over.
#include "policy_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

namespace rocmfix {

namespace {

using Words = std::initializer_list<std::string_view>;

// Collects the first error of a file, so that readers can be written straight on.
class Reader {
 public:
  Reader(std::string_view origin, PolicyArena& arena) : origin_(origin), arena_(arena) {}

  void complain(const toml::source_region& where, std::string what, std::string hint = {}) {
    if (!error_) {
      error_ = Error{ErrorCode::invalid,
                     fmt::format("{}:{}: {}", origin_, where.begin.line, std::move(what)), 0,
                     std::move(hint)};
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  PolicyArena& arena() { return arena_; }

  void allow(const toml::table& table, Words keys) {
    for (const auto& [key, node] : table) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        complain(key.source(), fmt::format("unknown key '{}'", key.str()),
                 fmt::format("known here: {}", fmt::join(keys, ", ")));
      }
    }
  }

  // A string; missing is an error when `required`.
  std::string_view text(const toml::table& table, std::string_view key, bool required = false) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required) {
        complain(table.source(), fmt::format("'{}' is missing", key));
      }
      return {};
    }
    if (const auto* value = node->as_string()) {
      return arena_.keep(std::string(value->get()));
    }
    complain(node->source(), fmt::format("'{}' must be a string", key));
    return {};
  }

  // One of `words`, by its index.
  std::size_t word(const toml::table& table, std::string_view key, Words words) {
    const std::string_view value = text(table, key, true);
    const auto* found = std::find(words.begin(), words.end(), value);
    if (found != words.end()) {
      return static_cast<std::size_t>(found - words.begin());
    }
    const toml::node* node = table.get(key);
    complain(node != nullptr ? node->source() : table.source(),
             fmt::format("'{}' cannot be '{}'", key, value),
             fmt::format("known here: {}", fmt::join(words, ", ")));
    return 0;
  }

  Strings strings(const toml::table& table, std::string_view key) {
    std::vector<std::string_view> items;
    for_each(table, key, [&](const toml::node& item) {
      if (const auto* value = item.as_string()) {
        items.push_back(arena_.keep(std::string(value->get())));
      } else {
        complain(item.source(), fmt::format("'{}' must be a list of strings", key));
      }
    });
    return arena_.keep(std::move(items));
  }

  std::optional<bool> boolean(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      return std::nullopt;
    }
    const auto* value = node->as_boolean();
    if (value == nullptr) {
      complain(node->source(), fmt::format("'{}' must be true or false", key));
      return std::nullopt;
    }
    return value->get();
  }

  std::uint64_t number(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      return 0;
    }
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() <= 0) {
      complain(node->source(), fmt::format("'{}' must be a whole number above 0", key));
      return 0;
    }
    return static_cast<std::uint64_t>(value->get());
  }

  template <class Use>
  void for_each(const toml::table& table, std::string_view key, Use use) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      return;
    }
    const auto* array = node->as_array();
    if (array == nullptr) {
      complain(node->source(), fmt::format("'{}' must be a list", key));
      return;
    }
    for (const toml::node& item : *array) {
      use(item);
    }
  }

  template <class Use>
  void for_each_table(const toml::table& table, std::string_view key, Use use) {
    for_each(table, key, [&](const toml::node& item) {
      if (const auto* entry = item.as_table()) {
        use(*entry);
      } else {
        complain(item.source(), fmt::format("'{}' must be a list of tables", key));
      }
    });
  }

 private:
  std::string_view origin_;
  PolicyArena& arena_;
  std::optional<Error> error_;
};

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
      reader.complain(table.source(), fmt::format("'{}' is no GC version of {}", item, chip.gfx),
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
      reader.complain(table.source(), fmt::format("'{}' is no PCI device id", item),
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
  reader.allow(*table, {"value", "configured", "any_family", "any_gfx", "all_gfx", "any_gfx_but",
                        "kernel_below", "kernel_at_least", "patched", "large_bar", "forced",
                        "ram_above_mib", "ram_at_most_mib"});
  when.value = reader.strings(*table, "value");
  if (!judged && !when.value.empty()) {
    reader.complain(node->source(), "a proposal has no 'value' to look at",
                    "did you mean 'configured'?");
  }
  when.configured = reader.strings(*table, "configured");
  when.any_family = reader.strings(*table, "any_family");
  for (const std::string_view family : when.any_family) {
    if (family != to_string(Family::rdna1) && family != to_string(Family::rdna2)) {
      reader.complain(node->source(), fmt::format("'{}' is no supported family", family),
                      "known here: RDNA1, RDNA2");
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
  when.ram_above_mib = reader.number(*table, "ram_above_mib");
  when.ram_at_most_mib = reader.number(*table, "ram_at_most_mib");
  return when;
}

Setting read_setting(Reader& reader, const toml::table& table) {
  reader.allow(table, {"layer", "name", "summary", "propose", "judge"});
  Setting setting;
  setting.layer = static_cast<Layer>(reader.word(table, "layer", {"module", "environment"}));
  setting.name = reader.text(table, "name", true);
  setting.summary = reader.text(table, "summary", true);
  std::vector<Proposal> proposals;
  reader.for_each_table(table, "propose", [&](const toml::table& entry) {
    reader.allow(entry, {"profile", "value", "when"});
    Proposal& proposal = proposals.emplace_back();
    proposal.profile = static_cast<Profile>(reader.word(entry, "profile", {"safe", "original"}));
    proposal.value = reader.text(entry, "value", true);
    proposal.when = read_condition(reader, entry, false);
  });
  std::vector<Judgement> judgements;
  reader.for_each_table(table, "judge", [&](const toml::table& entry) {
    reader.allow(entry, {"effect", "when", "reason", "source"});
    Judgement& judgement = judgements.emplace_back();
    judgement.effect = static_cast<Effect>(
        reader.word(entry, "effect", {"unknown", "no-op", "useful", "harmful"}));
    judgement.when = read_condition(reader, entry, true);
    judgement.reason = reader.text(entry, "reason", true);
    judgement.source = reader.text(entry, "source", true);
  });
  setting.proposals = reader.arena().keep(std::move(proposals));
  setting.judgements = reader.arena().keep(std::move(judgements));
  return setting;
}

// A file is a list of tables under one name, and nothing else.
template <class Item, class Read>
Result<std::vector<Item>> parse_file(std::string_view text, std::string_view origin,
                                     std::string_view key, PolicyArena& arena, Read read) {
  const toml::parse_result parsed = toml::parse(text, origin);
  if (!parsed) {
    return fail(Error{ErrorCode::invalid,
                      fmt::format("{}:{}: {}", origin, parsed.error().source().begin.line,
                                  parsed.error().description()),
                      0, "see https://toml.io for the format"});
  }
  Reader reader(origin, arena);
  std::vector<Item> items;
  reader.allow(parsed.table(), {key});
  reader.for_each_table(parsed.table(), key,
                        [&](const toml::table& entry) { items.push_back(read(reader, entry)); });
  if (reader.error()) {
    return fail(*reader.error());
  }
  return items;
}

}  // namespace

Result<std::vector<Chip>> parse_chips(std::string_view text, std::string_view origin,
                                      PolicyArena& arena) {
  return parse_file<Chip>(text, origin, "chip", arena, read_chip);
}

Result<std::vector<Setting>> parse_settings(std::string_view text, std::string_view origin,
                                            PolicyArena& arena) {
  return parse_file<Setting>(text, origin, "setting", arena, read_setting);
}

}  // namespace rocmfix
