// SPDX-License-Identifier: MIT
#include "variables.hpp"

#include <cstdlib>

namespace rocmfix::run {

Error usage_error(std::string what, std::string_view hint) {
  return {.code = ErrorCode::invalid, .what = std::move(what), .hint = std::string(hint)};
}

std::string shortened(std::string_view text, char quote) {
  constexpr std::size_t most = 100;
  const bool whole = text.size() <= most;
  const std::string mark(quote == '\0' ? 0 : 1, quote);
  return mark + std::string(text.substr(0, most)) + (whole ? "" : "...") + mark +
         (whole ? "" : " (" + std::to_string(text.size()) + " characters)");
}

const char* own_variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value != nullptr && *value != '\0' ? value : nullptr;
}

Result<bool> read_switch(const char* name, bool otherwise) {
  const char* const text = own_variable(name);
  if (text == nullptr) {
    return otherwise;
  }
  const std::string_view value = text;
  for (const std::string_view yes : {"1", "y", "yes", "true", "on"}) {
    if (value == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "n", "no", "false", "off"}) {
    if (value == no) {
      return false;
    }
  }
  return fail(usage_error(std::string(name) + " has the value " + quoted(text),
                          "set it to 1 or 0, or leave it unset"));
}

}  // namespace rocmfix::run
