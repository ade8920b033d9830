// SPDX-License-Identifier: MIT
// Strict on purpose: what is read here is printed for people to paste into a shell.
#include "builds/builds_toml.hpp"

#include <algorithm>

#include "base/toml_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;

std::string_view read_grade(TomlReader& reader, const toml::table& table) {
  reader.word(table, "grade", {"S", "U", "S, U", "?"});
  return reader.text(table, "grade", true);
}

/// A list of texts that a shell or a person reads.
Strings plain_strings(TomlReader& reader, const toml::table& table, std::string_view key) {
  const Strings items = reader.strings(table, key);
  for (const std::string_view item : items) {
    if (item.empty() || !is_printable(item)) {
      reader.complain(table.get(key)->source(), formatted("'{}' cannot have '{}'", key, item),
                      "texts of printable characters");
    }
  }
  return items;
}

/// As LLVM names them: "gfx1031". Which ones exist is said by gpus.toml.
bool is_target(std::string_view text) {
  constexpr std::string_view beginning = "gfx";
  return text.starts_with(beginning) && text.size() > beginning.size() &&
         text.substr(beginning.size()).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

Strings read_gfx(TomlReader& reader, const toml::table& table) {
  const Strings items = reader.strings(table, "gfx");
  for (const std::string_view item : items) {
    if (!is_target(item)) {
      reader.complain(table.get("gfx")->source(), formatted("'gfx' cannot have '{}'", item),
                      "targets as LLVM names them: gfx1010, gfx1031");
    }
  }
  return items;
}

/// Versions of something: "3.13", "12".
Strings read_versions(TomlReader& reader, const toml::table& table, std::string_view key,
                      std::string_view word) {
  const Strings items = reader.strings(table, key);
  for (const std::string_view item : items) {
    if (item != word && (item.empty() || item.front() == '.' ||
                         item.find_first_not_of("0123456789.") != std::string_view::npos)) {
      reader.complain(table.get(key)->source(), formatted("'{}' cannot have '{}'", key, item),
                      R"(versions, for example "3.13" or "12")");
    }
  }
  return items;
}

bool is_date(std::string_view text) {
  constexpr std::string_view form = "0000-00-00";
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(), [](char c, char like) {
           return like == '0' ? c >= '0' && c <= '9' : c == like;
         });
}

std::span<const BuildProblem> read_problems(TomlReader& reader, const toml::table& table) {
  std::vector<BuildProblem> problems;
  reader.for_each_table(table, "problem", [&](const toml::table& entry) {
    reader.allow(entry, {"what", "gfx", "grade", "source"});
    BuildProblem& problem = problems.emplace_back();
    problem.what = reader.plain_text(entry, "what", true);
    problem.gfx = read_gfx(reader, entry);
    problem.grade = read_grade(reader, entry);
    problem.source = reader.plain_text(entry, "source", true);
  });
  return reader.arena().keep(std::move(problems));
}

void read_override(TomlReader& reader, const toml::table& entry, BuildCard& card) {
  if (!card.unusable.empty()) {
    if (entry.get("override") != nullptr || entry.get("value") != nullptr) {
      reader.complain(entry.source(), "a card that it is 'unusable' on has no 'override'");
    }
    return;
  }
  card.need =
      static_cast<OverrideNeed>(reader.word(entry, "override", {"none", "required", "forbidden"}));
  card.value = reader.plain_text(entry, "value", card.need == OverrideNeed::required);
  if (card.need == OverrideNeed::required
          ? card.value.find_first_not_of("0123456789.") != std::string_view::npos
          : !card.value.empty()) {
    reader.complain(entry.source(), formatted("'value' cannot be '{}'", card.value),
                    R"(only where the override is "required"; three numbers: "10.3.0")");
  }
}

std::span<const BuildCard> read_cards(TomlReader& reader, const toml::table& table) {
  std::vector<BuildCard> cards;
  reader.for_each_table(table, "card", [&](const toml::table& entry) {
    reader.allow(entry, {"gfx", "override", "value", "unusable"});
    BuildCard& card = cards.emplace_back();
    card.gfx = read_gfx(reader, entry);
    card.unusable = reader.plain_text(entry, "unusable", false);
    read_override(reader, entry, card);
  });
  if (cards.empty()) {
    reader.complain(table.source(), "'card' is missing: a build is for some cards",
                    R"(for example: [[build.card]] with gfx = ["gfx1031"] and override = "none")");
  }
  return reader.arena().keep(std::move(cards));
}

Framework read_framework(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "title", "aliases", "builds_of", "then", "place", "libraries",
                       "alternative", "problem"});
  Framework made;
  made.name = reader.plain_text(table, "name", true);
  made.title = reader.plain_text(table, "title", true);
  made.aliases = plain_strings(reader, table, "aliases");
  made.builds_of = reader.plain_text(table, "builds_of", false);
  made.then = reader.plain_text(table, "then", false);
  made.place = reader.plain_text(table, "place", false);
  made.libraries = plain_strings(reader, table, "libraries");
  made.alternative = reader.plain_text(table, "alternative", false);
  made.problems = read_problems(reader, table);
  return made;
}

Build read_build(TomlReader& reader, const toml::table& table) {
  reader.allow(
      table, {"name", "title", "frameworks", "route", "requirements", "index", "command", "python",
              "debian", "needs", "card", "problem", "checked", "grade", "source"});
  Build made;
  made.name = reader.plain_text(table, "name", true);
  made.title = reader.plain_text(table, "title", true);
  made.frameworks = plain_strings(reader, table, "frameworks");
  made.route =
      static_cast<BuildRoute>(reader.word(table, "route", {"rocm", "vulkan", "cpu", "cuda"}));
  made.requirements = plain_strings(reader, table, "requirements");
  made.index = reader.plain_text(table, "index", false);
  made.command = reader.plain_text(table, "command", false);
  made.python = read_versions(reader, table, "python", {});
  made.debian = read_versions(reader, table, "debian", "sid");
  made.needs = reader.plain_text(table, "needs", false);
  made.cards = read_cards(reader, table);
  made.problems = read_problems(reader, table);
  made.checked = reader.text(table, "checked", true);
  made.grade = read_grade(reader, table);
  made.source = reader.plain_text(table, "source", true);
  if (made.frameworks.empty()) {
    reader.complain(table.source(), "'frameworks' is missing",
                    R"(for example: frameworks = ["pytorch"])");
  }
  if (made.requirements.empty() == made.command.empty()) {
    reader.complain(table.source(), "either 'requirements' or 'command' is needed, not both");
  }
  if (!made.index.empty() && made.requirements.empty()) {
    reader.complain(table.get("index")->source(), "'index' belongs to 'requirements'");
  }
  if (table.get("checked") != nullptr && !is_date(made.checked)) {
    reader.complain(table.get("checked")->source(),
                    formatted("'checked' cannot be '{}'", made.checked),
                    "the date when it was looked up: 2026-11-27");
  }
  return made;
}

}  // namespace

Result<BuildTables> parse_builds(std::string_view text, std::string_view origin, TomlArena& arena) {
  BuildTables tables;
  auto error =
      detail::read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"framework", "build"});
        reader.for_each_table(file, "framework", [&](const toml::table& entry) {
          tables.frameworks.push_back(read_framework(reader, entry));
        });
        reader.for_each_table(file, "build", [&](const toml::table& entry) {
          tables.builds.push_back(read_build(reader, entry));
        });
      });
  if (error) {
    return fail(std::move(*error));
  }
  return tables;
}

}  // namespace rocmfix
