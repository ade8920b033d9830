// SPDX-License-Identifier: MIT
#include "policy/parameter_kind.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

namespace rocmfix::detail {
namespace {

// "Retry faults (...) (int)", as modinfo -p has it.
ParameterKind kind_of_type(std::string_view described) {
  const std::size_t open = described.rfind('(');
  if (open == std::string_view::npos || !described.ends_with(')')) {
    return ParameterKind::unknown;
  }
  const std::string_view type = described.substr(open + 1, described.size() - open - 2);
  if (type == "bool" || type == "invbool") {
    return ParameterKind::flag;
  }
  if (type == "charp" || type == "string") {
    return ParameterKind::text;
  }
  constexpr std::array<std::string_view, 11> numbers = {"byte",   "short",  "ushort", "int",
                                                        "uint",   "long",   "ulong",  "llong",
                                                        "ullong", "hexint", "bint"};
  return std::find(numbers.begin(), numbers.end(), type) != numbers.end() ? ParameterKind::number
                                                                          : ParameterKind::unknown;
}

}  // namespace

std::optional<bool> driver_lacks(const Driver& driver, std::string_view name) {
  if (name.find('.') != std::string_view::npos) {
    return std::nullopt;
  }
  if (driver.installed && !driver.installed->parameters.empty()) {
    return !driver.installed->parameters.contains(std::string(name));
  }
  return std::nullopt;
}

ParameterKind kind_of_parameter(const Driver& driver, std::span<const Setting> settings,
                                std::string_view name) {
  const std::string key(name);
  if (driver.installed) {
    const auto found = driver.installed->parameters.find(key);
    if (found != driver.installed->parameters.end()) {
      // One that has names for its numbers says so in the table alone.
      const ParameterKind kind = kind_of_type(found->second);
      const bool named = std::any_of(settings.begin(), settings.end(), [&](const Setting& one) {
        return one.layer == Layer::module && one.name == name && one.text;
      });
      return named ? ParameterKind::text : kind;
    }
  }
  const auto known = std::find_if(settings.begin(), settings.end(), [&](const Setting& one) {
    return one.layer == Layer::module && one.name == name;
  });
  if (known != settings.end()) {
    return known->text ? ParameterKind::text : ParameterKind::number;
  }
  if (driver.loaded) {
    const auto value = driver.loaded->parameters.find(key);
    if (value != driver.loaded->parameters.end()) {
      return value->second == "Y" || value->second == "N" ? ParameterKind::flag
             : parameter_number(value->second)            ? ParameterKind::number
                                                          : ParameterKind::unknown;
    }
  }
  return ParameterKind::unknown;
}

std::optional<long long> parameter_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  // Masks of 64 bits are larger than what is returned: the most of that stands for them.
  unsigned long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  constexpr unsigned long long most = std::numeric_limits<long long>::max();
  const auto number = static_cast<long long>(std::min(value, most));
  return negative ? -number : number;
}

bool is_refused(ParameterKind kind, std::string_view value) {
  if (kind == ParameterKind::number) {
    return !parameter_number(value);
  }
  // kstrtobool() goes by the first letter, and by the second after an "o".
  const auto begins_as = [&](std::size_t at, std::string_view letters) {
    return at < value.size() && letters.find(value[at]) != std::string_view::npos;
  };
  const bool understood =
      begins_as(0, "yYtT1nNfF0") || (begins_as(0, "oO") && begins_as(1, "nNfF"));
  return kind == ParameterKind::flag && !understood;
}

}  // namespace rocmfix::detail
