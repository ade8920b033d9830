// SPDX-License-Identifier: MIT
// Strict reading of a TOML table into views that an arena owns: a wrong type or an unknown key is
// an error with its line. For the .cpp files that read one of rocmfix's files; knows none of them.
#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/toml_arena.hpp"
#include "base/toml_check.hpp"
#include "base/toml_library.hpp"
#include "rocmfix/error.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

using Words = std::initializer_list<std::string_view>;

// Collects the first error of a file, so that readers can be written straight on.
class TomlReader {
 public:
  TomlReader(std::string_view origin, TomlArena& arena) : origin_(origin), arena_(arena) {}

  void complain(const toml::source_region& where, std::string what, std::string hint = {}) {
    if (!error_) {
      error_ = Error{ErrorCode::invalid,
                     formatted("{}:{}: {}", origin_, where.begin.line, std::move(what)), 0,
                     std::move(hint)};
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  TomlArena& arena() { return arena_; }

  void allow(const toml::table& table, Words keys) {
    for (const auto& [key, node] : table) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        complain(key.source(), formatted("unknown key '{}'", key.str()),
                 formatted("allowed: {}", fmt::join(keys, ", ")));
      }
    }
  }

  // A string; missing is an error when `required`.
  std::string_view text(const toml::table& table, std::string_view key, bool required = false) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required) {
        complain(table.source(), formatted("'{}' is missing", key));
      }
      return {};
    }
    if (const auto* value = node->as_string()) {
      return arena_.keep(std::string(value->get()));
    }
    complain(node->source(), formatted("'{}' must be a string", key));
    return {};
  }

  // A text() that something else than a person reads, a shell or a file of modprobe.
  std::string_view plain_text(const toml::table& table, std::string_view key, bool required) {
    const std::string_view value = text(table, key, required);
    if (!is_printable(value)) {
      complain(table.get(key)->source(),
               formatted("'{}' has a character that cannot be printed: '{}'", key, value));
    }
    return value;
  }

  // The name of a variable or a parameter.
  std::string_view name(const toml::table& table, std::string_view key) {
    const std::string_view value = text(table, key, true);
    if (table.get(key) != nullptr && !is_name(value)) {
      complain(table.get(key)->source(), formatted("'{}' cannot be '{}'", key, value),
               "a name has letters, digits and '_', and does not begin with a digit");
    }
    return value;
  }

  static bool is_name(std::string_view text) {
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos &&
           (text.front() < '0' || text.front() > '9');
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
             formatted("'{}' cannot be '{}'", key, value),
             formatted("allowed: {}", fmt::join(words, ", ")));
    return 0;
  }

  std::span<const std::string_view> strings(const toml::table& table, std::string_view key) {
    std::vector<std::string_view> items;
    for_each(table, key, [&](const toml::node& item) {
      if (const auto* value = item.as_string()) {
        items.push_back(arena_.keep(std::string(value->get())));
      } else {
        complain(item.source(), formatted("'{}' must be a list of strings", key));
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
      complain(node->source(), formatted("'{}' must be true or false", key));
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
      complain(node->source(), formatted("'{}' must be a positive integer", key));
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
      complain(node->source(), formatted("'{}' must be a list", key));
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
        complain(item.source(), formatted("'{}' must be a list of tables", key));
      }
    });
  }

 private:
  std::string_view origin_;
  TomlArena& arena_;
  std::optional<Error> error_;
};

/// Parses `text` and hands the file's table to `read(reader, table)`; the first thing that either
/// found wrong.
template <class Read>
std::optional<Error> read_toml(std::string_view text, std::string_view origin, TomlArena& arena,
                               Read read) {
  if (const auto fault = TomlCheck(text).fault()) {
    return Error{
        ErrorCode::invalid, formatted("{}:{}: {}", origin, fault->line, fault->what), 0,
        formatted("see https://toml.io for the format; {} levels are the most", deepest_toml)};
  }
  const toml::parse_result parsed = toml::parse(text, origin);
  if (!parsed) {
    return Error{ErrorCode::invalid,
                 formatted("{}:{}: {}", origin, parsed.error().source().begin.line,
                           parsed.error().description()),
                 0, "see https://toml.io for the format"};
  }
  TomlReader reader(origin, arena);
  read(reader, parsed.table());
  return reader.error();
}

}  // namespace rocmfix::detail
