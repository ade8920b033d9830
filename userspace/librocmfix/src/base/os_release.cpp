// SPDX-License-Identifier: MIT
#include "base/os_release.hpp"

#include <algorithm>
#include <string_view>

#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

// NAME=value, NAME="value" or NAME='value', without escapes, of which these fields have none.
std::string field(std::string_view text, std::string_view name) {
  const std::string key = formatted("{}=", name);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(key)) {
      continue;
    }
    line.remove_prefix(key.size());
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return std::string(line);
  }
  return {};
}

}  // namespace

bool OsRelease::is_like(std::string_view family) const {
  return id == family ||
         formatted(" {} ", id_like).find(formatted(" {} ", family)) != std::string::npos;
}

OsRelease read_os_release(const Root& root) {
  constexpr std::size_t most = 64U << 10U;
  for (const std::string_view path : {"/etc/os-release", "/usr/lib/os-release"}) {
    if (const auto text = root.read(path, most)) {
      return {field(*text, "PRETTY_NAME"), field(*text, "ID"), field(*text, "ID_LIKE"),
              field(*text, "VERSION_ID")};
    }
  }
  return {};
}

}  // namespace rocmfix::detail
