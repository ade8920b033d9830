// SPDX-License-Identifier: MIT
#include "explain/incident_event.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "explain/fault_status.hpp"
#include "explain/log_prefix.hpp"
#include "rocmfix/printable.hpp"

namespace rocmfix {

namespace {

constexpr std::uint64_t max_gap = 64;  // lines between two of one event; other GPUs may talk, too
constexpr std::size_t max_lines = 12;
constexpr std::size_t max_line = 400;
constexpr std::size_t max_word = 128;

std::optional<std::uint64_t> number(std::string_view text) {
  if (text == "(nil)") {
    return 0;
  }
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  text.remove_prefix(hexadecimal ? 2 : 0);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::uint32_t fields_of(const EventLine& line) {
  std::uint32_t fields = 0;
  for (const FoundField& field : line.fields) {
    fields |= field_bit(field.field);
  }
  return fields;
}

constexpr std::uint32_t once_fields = [] {
  std::uint32_t fields = 0;
  for (const FieldRule& rule : fault_fields) {
    fields |= rule.once ? field_bit(rule.field) : 0;
  }
  return fields;
}();

std::optional<FieldValue> value_of(FieldForm form, std::string_view text) {
  const auto value = number(text);
  switch (form) {
    case FieldForm::number:
    case FieldForm::address:
      return value ? std::optional<FieldValue>(*value) : std::nullopt;
    case FieldForm::access:
      if (text == "0x0" || text == "Read" || text == "read") {
        return "read";
      }
      return text == "0x1" || text == "Write" || text == "write"
                 ? std::optional<FieldValue>("write")
                 : std::nullopt;
    case FieldForm::number_or_text:
      return value ? FieldValue(*value) : FieldValue(printable_line(text, max_word));
    case FieldForm::text:
      return printable_line(text, max_word);
    case FieldForm::of_the_line_alone:
      break;
  }
  return std::nullopt;
}

// What the register has, and what an empty one does not say.
constexpr std::array decoded = {FaultField::client,
                                FaultField::rw,
                                FaultField::more_faults,
                                FaultField::walker_error,
                                FaultField::permission_faults,
                                FaultField::mapping_error};

}  // namespace

EventUnderWay::EventUnderWay(const FaultType& type, const EventLine& line,
                             std::span<const ClientTable> clients)
    : clients_(clients) {
  event_.type = &type;
  event_.cut_off = !line.whole;
  event_.any_maker = true;  // until a line says otherwise
  event_.line = line.number;
  if (!line.time.empty()) {
    event_.time = line.time;
  }
  add(line);
}

bool EventUnderWay::takes(const EventLine& line) const {
  return std::find(line.types.begin(), line.types.end(), event_.type->name) != line.types.end() &&
         line.number - last_line_ <= max_gap &&
         (line.bdf.empty() || !event_[FaultField::bdf] ||
          line.bdf == event_.text(FaultField::bdf)) &&
         (given_ & fields_of(line) & once_fields) == 0;
}

void EventUnderWay::add(const EventLine& line) {
  last_line_ = line.number;
  event_.any_maker = event_.any_maker && line.any_maker;
  if (!line.bdf.empty() && !event_[FaultField::bdf]) {
    event_[FaultField::bdf] = line.bdf;
  }
  std::uint32_t fields = fields_of(line);
  given_ |= fields;
  const bool has_reason = event_[FaultField::reason].has_value();
  for (const FoundField& field : line.fields) {
    // What follows a hang says less of why than what began it.
    if (field.field != FaultField::reason || line.whole || !has_reason) {
      set(field.field, field.text);
    }
  }
  if (!line.reason.empty() && (fields & field_bit(FaultField::reason)) == 0) {
    event_[FaultField::reason] = std::string(line.reason);
    fields |= field_bit(FaultField::reason);
  }
  if ((fields & field_bit(FaultField::status)) != 0) {
    fields |= field_bit(FaultField::client) | field_bit(FaultField::rw) |
              field_bit(FaultField::walker_error) | field_bit(FaultField::vmid);
  }
  const std::uint64_t number = line.of_the_log ? line.number : 0;
  const bool kept = !event_.lines.empty() && event_.lines.back().number == number;
  if (!kept && event_.lines.size() < max_lines) {
    event_.lines.push_back({number, printable_line(line.text, max_line), fields});
  }
}

void EventUnderWay::set(FaultField field, std::string_view text) {
  if (field == FaultField::hub) {
    hub_ = text.starts_with("mm") || text.starts_with("MM") ? "mmhub" : "gfxhub";
    return;
  }
  if (field == FaultField::status) {
    if (const auto value = number(text); value && *value <= UINT32_MAX) {
      decode(static_cast<std::uint32_t>(*value));
    }
    return;
  }
  const FieldRule& rule = rule_of(field);
  if (text.empty() || text == rule.unknown) {
    return;
  }
  if (auto value = value_of(rule.form, text)) {
    event_[field] = std::move(value);
  }
}

void EventUnderWay::decode(std::uint32_t status) {
  // An empty register says nothing, though it reads like "client 0, read": the fault was reported
  // after the register had been cleared for an earlier one.
  status_is_empty_ = status == 0;
  if (status_is_empty_) {
    return;
  }
  const FaultStatus fields = decode_fault_status(status);
  const auto put = [&](FaultField field, std::uint64_t value) { event_[field] = value; };
  put(FaultField::more_faults, fields.more_faults);
  put(FaultField::walker_error, fields.walker_error);
  put(FaultField::permission_faults, fields.permission_faults);
  put(FaultField::mapping_error, fields.mapping_error);
  event_[FaultField::rw] = fields.rw != 0 ? "write" : "read";
  if (!event_[FaultField::vmid]) {
    put(FaultField::vmid, fields.vmid);
  }
  if (!event_[FaultField::client]) {
    const std::string name = client_name(clients_, hub_, fields.cid, fields.rw != 0);
    if (!name.empty()) {
      event_[FaultField::client] = name;
    }
  }
}

FaultEvent EventUnderWay::finished() && {
  event_.empty_status = status_is_empty_;
  if (status_is_empty_) {
    for (const FaultField field : decoded) {
      event_[field].reset();
    }
  }
  return std::move(event_);
}

namespace {

bool address_is_free(const FaultEvent& event, const FieldRule& rule) {
  return rule.field == FaultField::address && event.type->every_address;
}

bool has_all_of(const FaultEvent& whole, const FaultEvent& cut_off) {
  return std::all_of(fault_fields.begin(), fault_fields.end(), [&](const FieldRule& rule) {
    return !rule.distinguishes || address_is_free(whole, rule) || !cut_off[rule.field] ||
           whole[rule.field];
  });
}

void keep_address(FaultEvent& first, std::uint64_t address) {
  constexpr std::size_t most = 7;
  const auto known = first.number(FaultField::address);
  auto& others = first.other_addresses;
  if (known == address || std::find(others.begin(), others.end(), address) != others.end()) {
    return;
  }
  if (others.size() < most) {
    others.push_back(address);
  } else {
    ++first.reported_elsewhere;
  }
}

}  // namespace

bool is_same_fault(const FaultEvent& first, const FaultEvent& later) {
  const bool differ =
      first.type != later.type ||
      std::any_of(fault_fields.begin(), fault_fields.end(), [&](const FieldRule& rule) {
        const auto& a = first[rule.field];
        const auto& b = later[rule.field];
        return rule.distinguishes && !address_is_free(first, rule) && a && b && *a != *b;
      });
  if (differ || first.cut_off == later.cut_off) {
    return !differ;
  }
  return first.cut_off ? has_all_of(later, first) : has_all_of(first, later);
}

void count_again(FaultEvent& first, FaultEvent&& later) {
  first.count += later.count;
  first.cut_off = first.cut_off && later.cut_off;
  first.any_maker = first.any_maker && later.any_maker;
  if (const auto address = later.number(FaultField::address);
      address && first[FaultField::address]) {
    keep_address(first, *address);
  }
  for (const FieldRule& rule : fault_fields) {
    if (!first[rule.field]) {
      first[rule.field] = std::move(later[rule.field]);
    }
  }
}

bool says_nothing(const FaultEvent& event) {
  return event.type->every_address && event.number(FaultField::address) == 0U &&
         !event[FaultField::client] && !event[FaultField::vmid] && !event[FaultField::pasid] &&
         event.empty_status;
}

}  // namespace rocmfix
