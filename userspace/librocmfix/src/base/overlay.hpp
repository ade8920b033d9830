// SPDX-License-Identifier: MIT
// The files in /etc/rocmfix that are laid over the built-in tables.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::detail {

constexpr std::size_t max_overlay_bytes = 1U << 20U;  // ours are below 100 KiB

/// nullopt: there is none. Errors: those of Root::read_regular().
inline Result<std::optional<std::string>> read_overlay(const Root& root, std::string_view path) {
  return root.read_regular(path, max_overlay_bytes);
}

/// The tables of an overlay, by its parser; `arena` owns what they point to. nullopt: there is no
/// file. Errors: those of read_overlay() and of the parser.
template <class Tables>
Result<std::optional<Tables>> parse_overlay(const Root& root, std::string_view path,
                                            Result<Tables> (*parse)(std::string_view text,
                                                                    std::string_view origin,
                                                                    TomlArena& arena),
                                            TomlArena& arena) {
  const auto text = read_overlay(root, path);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return std::optional<Tables>();
  }
  auto tables = parse(**text, root.host_path(path).string(), arena);
  if (!tables) {
    return fail(std::move(tables.error()));
  }
  return std::optional<Tables>(std::move(*tables));
}

/// Where a file's entries that the table does not have come: where the first that fits counts, in
/// front.
enum class NewEntries : std::uint8_t { first, last };

/// `added` over `base`: it replaces entries of the same name. `name` gives the name of an entry.
template <class Item, class Name>
std::vector<Item> laid_over(std::span<const Item> base, const std::vector<Item>& added, Name name,
                            NewEntries where) {
  const auto same_in = [&](const auto& list, const Item& item) {
    return std::find_if(list.begin(), list.end(),
                        [&](const Item& other) { return name(other) == name(item); });
  };
  std::vector<Item> merged;
  if (where == NewEntries::first) {
    merged = added;
    std::copy_if(base.begin(), base.end(), std::back_inserter(merged),
                 [&](const Item& item) { return same_in(added, item) == added.end(); });
    return merged;
  }
  for (const Item& item : base) {
    const auto replaced = same_in(added, item);
    merged.push_back(replaced == added.end() ? item : *replaced);
  }
  std::copy_if(added.begin(), added.end(), std::back_inserter(merged),
               [&](const Item& item) { return same_in(base, item) == base.end(); });
  return merged;
}

}  // namespace rocmfix::detail
