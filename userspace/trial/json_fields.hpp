// SPDX-License-Identifier: MIT
// Members of objects that somebody may have changed: a journal's entry, a contributed document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trial/journal.hpp"

namespace rocmfix::trial {

/// nullopt: it is none, or is negative.
inline std::optional<std::uint64_t> number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned()
             ? std::optional(found->get<std::uint64_t>())
             : std::nullopt;
}

/// Empty for whatever else it is.
inline Json array_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

/// Of an array; whatever is no text in it is left out.
inline std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& item : array_of(object, key)) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

}  // namespace rocmfix::trial
