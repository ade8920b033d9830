// SPDX-License-Identifier: MIT
#include "machine/kernels_toml.hpp"

#include "base/toml_reader.hpp"
#include "base/version_numbers.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;
using detail::version_numbers;

// A version as this file writes it: numbers and nothing else, so that a typing error is not taken
// for a shorter version, which covers more kernels.
std::string_view read_version(TomlReader& reader, const toml::table& table, std::string_view key) {
  const std::string_view text = reader.text(table, key, true);
  const bool plain = text.find_first_not_of("0123456789.-") == std::string_view::npos;
  if (table.get(key) != nullptr && (!plain || version_numbers(text).size() < 2)) {
    reader.complain(table.get(key)->source(), formatted("'{}' cannot be '{}'", key, text),
                    R"(for example: "6.12.114", "7.0.0-28")");
  }
  return text;
}

KnownKernel read_kernel(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "distribution", "first", "last", "verdict", "gfx", "summary",
                       "remedy", "update", "grade", "source"});
  KnownKernel made;
  made.name = reader.plain_text(table, "name", true);
  if (table.contains("distribution")) {
    reader.word(table, "distribution", {"debian", "ubuntu"});
    made.distribution = reader.text(table, "distribution");
  }
  made.first = read_version(reader, table, "first");
  made.last = read_version(reader, table, "last");
  if (version_numbers(made.last) < version_numbers(made.first)) {
    reader.complain(table.source(),
                    formatted("'last' ({}) is before 'first' ({})", made.last, made.first));
  }
  reader.word(table, "verdict", {"warning", "note"});
  made.verdict = reader.text(table, "verdict");
  made.gfx = reader.strings(table, "gfx");
  made.summary = reader.text(table, "summary", true);
  made.remedy = reader.text(table, "remedy", true);
  made.update = reader.boolean(table, "update").value_or(false);
  reader.word(table, "grade", {"S", "U", "S, U", "?"});
  made.grade = reader.text(table, "grade");
  made.source = reader.text(table, "source", true);
  return made;
}

}  // namespace

Result<std::vector<KnownKernel>> parse_known_kernels(std::string_view text, std::string_view origin,
                                                     TomlArena& arena) {
  std::vector<KnownKernel> found;
  auto error =
      detail::read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"kernel"});
        reader.for_each_table(file, "kernel", [&](const toml::table& entry) {
          found.push_back(read_kernel(reader, entry));
        });
      });
  if (error) {
    return fail(std::move(*error));
  }
  return found;
}

}  // namespace rocmfix
