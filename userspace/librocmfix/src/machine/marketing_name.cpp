// SPDX-License-Identifier: MIT
// Reads lines of "731F,\tCA,\tAMD Radeon RX 5600 XT".
#include "machine/marketing_name.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view table_path = "/usr/share/libdrm/amdgpu.ids";
constexpr std::size_t longest_name = 128;

// Takes the text before the next comma off `line`.
std::string_view next_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find(','));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return trimmed(field);
}

bool is_hex(std::string_view text, unsigned value) {
  unsigned parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed, 16);
  return error == std::errc{} && end == text.data() + text.size() && parsed == value;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

MarketingNames::MarketingNames(const Root& root) {
  auto text = root.read(table_path);
  if (!text && !root.is_system()) {
    const auto system = Root::open("/");
    if (system) {
      text = system->read(table_path);
    }
  }
  if (text) {
    table_ = std::move(*text);
  }
}

std::optional<std::string> MarketingNames::find(std::uint16_t device_id,
                                                std::uint8_t revision) const {
  std::string_view rest = table_;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!is_hex(next_field(line), device_id) || !is_hex(next_field(line), revision)) {
      continue;
    }
    const std::string_view name = trimmed(line);
    if (!name.empty() && name.size() <= longest_name && is_printable(name)) {
      return std::string(name);
    }
  }
  return std::nullopt;
}

}  // namespace rocmfix::detail
