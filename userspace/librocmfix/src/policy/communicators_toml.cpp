// SPDX-License-Identifier: MIT
#include "policy/communicators_toml.hpp"

#include "base/toml_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;

/// A beginning that is so short that it fits anything would switch the policy off unseen.
bool is_beginning(std::string_view text) {
  constexpr std::size_t shortest = 4;
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+.";
  return text.size() >= shortest && text != "lib." &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

Communicator read_communicator(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "starts_with", "source"});
  Communicator made;
  made.name = reader.text(table, "name", true);
  made.starts_with = reader.strings(table, "starts_with");
  made.source = reader.text(table, "source");
  if (made.starts_with.empty()) {
    reader.complain(table.source(), "'starts_with' is missing",
                    R"(for example: starts_with = ["librccl"])");
  }
  for (const std::string_view text : made.starts_with) {
    if (!is_beginning(text)) {
      reader.complain(table.source(), formatted("'starts_with' cannot be '{}'", text),
                      "the beginning of a library's file name, without a directory, of four "
                      "letters at least: librccl");
    }
  }
  return made;
}

}  // namespace

Result<std::vector<Communicator>> parse_communicators(std::string_view text,
                                                      std::string_view origin, TomlArena& arena) {
  std::vector<Communicator> found;
  auto error =
      detail::read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"communicator"});
        reader.for_each_table(file, "communicator", [&](const toml::table& entry) {
          found.push_back(read_communicator(reader, entry));
        });
      });
  if (error) {
    return fail(std::move(*error));
  }
  return found;
}

}  // namespace rocmfix
