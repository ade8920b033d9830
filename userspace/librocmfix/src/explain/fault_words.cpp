// SPDX-License-Identifier: MIT
// The words for fields and enumerations of faults, in data files, JSON and messages.
#include <algorithm>

#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

std::optional<FaultField> parse_fault_field(std::string_view word) {
  const auto* found = std::find_if(fault_fields.begin(), fault_fields.end(),
                                   [&](const FieldRule& rule) { return rule.name == word; });
  return found == fault_fields.end() ? std::nullopt : std::optional(found->field);
}

std::optional<std::uint64_t> FaultEvent::number(FaultField field) const {
  const auto& value = (*this)[field];
  const auto* const number = value ? std::get_if<std::uint64_t>(&*value) : nullptr;
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::string_view FaultEvent::text(FaultField field) const {
  const auto& value = (*this)[field];
  const auto* const text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::string_view to_string(LineRole role) {
  switch (role) {
    case LineRole::event:
      return "event";
    case LineRole::part:
      return "part";
    case LineRole::field:
      return "field";
    case LineRole::fact:
      return "fact";
    case LineRole::boot:
      break;
  }
  return "boot";
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::certain:
      return "certain";
    case Confidence::likely:
      return "likely";
    case Confidence::possible:
      break;
  }
  return "possible";
}

}  // namespace rocmfix
