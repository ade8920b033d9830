// SPDX-License-Identifier: MIT
#include "explain/incident_event.hpp"

#include <algorithm>
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

// What a block of lines gives once: given again, it is another fault's.
constexpr std::uint32_t once = field_bit(FaultField::address) | field_bit(FaultField::status) |
                               field_bit(FaultField::client) | field_bit(FaultField::rw);

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

std::uint32_t fields_of(const FoundLine& found) {
  std::uint32_t fields = 0;
  for (const FoundField& field : found.fields) {
    fields |= field_bit(field.field);
  }
  return fields;
}

template <class T>
bool differ(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a != *b;
}

}  // namespace

EventUnderWay::EventUnderWay(FaultType type, const EventLine& line,
                             std::span<const ClientTable> clients)
    : clients_(clients) {
  event_.type = type;
  event_.line = line.number;
  if (!line.time.empty()) {
    event_.time = line.time;
  }
  add(line);
}

bool EventUnderWay::takes(const EventLine& line) const {
  const auto& types = line.found->pattern->types;
  return std::find(types.begin(), types.end(), event_.type) != types.end() &&
         line.number - last_line_ <= max_gap &&
         (line.bdf.empty() || !event_.bdf || line.bdf == *event_.bdf) &&
         (given_ & fields_of(*line.found) & once) == 0;
}

void EventUnderWay::add(const EventLine& line) {
  last_line_ = line.number;
  if (!line.bdf.empty() && !event_.bdf) {
    event_.bdf = line.bdf;
  }
  std::uint32_t fields = fields_of(*line.found);
  given_ |= fields;
  for (const FoundField& field : line.found->fields) {
    set(field.field, field.text);
  }
  const std::string_view reason = line.found->pattern->reason;
  if (!reason.empty() && (fields & field_bit(FaultField::reason)) == 0) {
    event_.reason = reason;
    fields |= field_bit(FaultField::reason);
  }
  if ((fields & field_bit(FaultField::status)) != 0) {
    fields |= field_bit(FaultField::client) | field_bit(FaultField::rw) |
              field_bit(FaultField::walker_error) | field_bit(FaultField::vmid);
  }
  const bool kept = !event_.lines.empty() && event_.lines.back().number == line.number;
  if (!kept && event_.lines.size() < max_lines) {
    event_.lines.push_back({line.number, printable_line(line.text, max_line), fields});
  }
}

void EventUnderWay::set(FaultField field, std::string_view text) {
  switch (field) {
    case FaultField::bdf:
      event_.bdf = printable_line(text, max_word);
      break;
    case FaultField::address:
      event_.address = number(text);
      break;
    case FaultField::reason:
      event_.reason = printable_line(text, max_word);
      break;
    case FaultField::client:
      if (text != "unknown") {
        event_.client = printable_line(text, max_word);
      }
      break;
    case FaultField::rw:
      if (text == "0x0" || text == "Read" || text == "read") {
        event_.rw = Access::read;
      } else if (text == "0x1" || text == "Write" || text == "write") {
        event_.rw = Access::write;
      }
      break;
    case FaultField::more_faults:
      event_.more_faults = number(text);
      break;
    case FaultField::walker_error:
      event_.walker_error = number(text);
      break;
    case FaultField::permission_faults:
      event_.permission_faults = number(text);
      break;
    case FaultField::mapping_error:
      event_.mapping_error = number(text);
      break;
    case FaultField::vmid:
      event_.vmid = number(text);
      break;
    case FaultField::pasid:
      event_.pasid = number(text);
      break;
    case FaultField::ring:
      if (const auto value = number(text)) {
        event_.ring = *value;
      } else {
        event_.ring = printable_line(text, max_word);
      }
      break;
    case FaultField::process:  // empty, with pid 0: the driver knows none
      if (!text.empty()) {
        event_.process = printable_line(text, max_word);
      }
      break;
    case FaultField::pid:
      if (text != "0") {
        event_.pid = number(text);
      }
      break;
    case FaultField::node:
      event_.node = number(text);
      break;
    case FaultField::hub:
      hub_ = text.starts_with("mm") || text.starts_with("MM") ? "mmhub" : "gfxhub";
      break;
    case FaultField::status:
      if (const auto value = number(text); value && *value <= UINT32_MAX) {
        decode(static_cast<std::uint32_t>(*value));
      }
      break;
    case FaultField::value:
      break;
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
  event_.more_faults = fields.more_faults;
  event_.walker_error = fields.walker_error;
  event_.permission_faults = fields.permission_faults;
  event_.mapping_error = fields.mapping_error;
  event_.rw = fields.rw != 0 ? Access::write : Access::read;
  if (!event_.vmid) {
    event_.vmid = fields.vmid;
  }
  if (!event_.client) {
    const std::string name = client_name(clients_, hub_, fields.cid, fields.rw != 0);
    if (!name.empty()) {
      event_.client = name;
    }
  }
}

FaultEvent EventUnderWay::finished() && {
  if (status_is_empty_) {
    event_.client.reset();
    event_.rw.reset();
    event_.more_faults.reset();
    event_.walker_error.reset();
    event_.permission_faults.reset();
    event_.mapping_error.reset();
  }
  return std::move(event_);
}

bool is_same_fault(const FaultEvent& first, const FaultEvent& later) {
  const bool any_address =
      first.type == FaultType::page_fault || first.type == FaultType::iommu_fault;
  return first.type == later.type && !differ(first.bdf, later.bdf) &&
         (any_address || !differ(first.address, later.address)) &&
         !differ(first.reason, later.reason) && !differ(first.client, later.client) &&
         !differ(first.rw, later.rw) && !differ(first.walker_error, later.walker_error) &&
         !differ(first.permission_faults, later.permission_faults) &&
         !differ(first.mapping_error, later.mapping_error) && !differ(first.vmid, later.vmid) &&
         !differ(first.pasid, later.pasid) && !differ(first.ring, later.ring) &&
         !differ(first.process, later.process) && !differ(first.pid, later.pid) &&
         !differ(first.node, later.node);
}

}  // namespace rocmfix
