// SPDX-License-Identifier: MIT
// What happened to a GPU, one event a fault: the fields as the driver or the runtime gave them, and
// those decoded from the fault status register.
//
// Units: addresses are GPU virtual addresses in bytes; lines are counted from 1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rocmfix {

/// A type of event: [[type]] in faults.toml.
struct FaultType {
  std::string_view name;     ///< "gpu_memory_fault", as in JSON
  std::string_view text;     ///< in words: "GPU memory fault (from the runtime)"
  std::string_view kind;     ///< what a restart takes it for: "memory", "hang"; empty: for nothing
  bool failure = false;      ///< of the GPU: those close together are one incident
  bool consequence = false;  ///< it follows a fault: the headline is another event's, if any
  bool every_address = false;  ///< the same at another address is the same fault
};

/// What a pattern's group can be, and a field of an event. A new one is a line here and a line in
/// `fault_fields`: then patterns can give it, and JSON has it.
enum class FaultField : std::uint8_t {
  bdf,
  address,
  reason,
  client,
  rw,
  more_faults,
  walker_error,
  permission_faults,
  mapping_error,
  vmid,
  pasid,
  ring,
  process,
  pid,
  node,
  hub,
  status,
  value,
};

enum class FieldForm : std::uint8_t {
  text,
  number,
  address,            ///< a number, in hexadecimal
  access,             ///< "read" or "write"
  number_or_text,     ///< a ring is a number in a page fault and a name in a timeout
  of_the_line_alone,  ///< no field of an event: something that the reader needs
};

struct FieldRule {
  FaultField field;
  std::string_view name;
  FieldForm form;
  std::string_view unknown;  ///< what is written where it is not known; empty text never counts
  bool once = false;         ///< a block of lines gives it once: given again, it is another fault's
  bool distinguishes = true;  ///< events that differ in it are two faults
};

/// In the order of FaultField, and of the fields in JSON.
inline constexpr std::array<FieldRule, 18> fault_fields = {{
    {FaultField::bdf, "bdf", FieldForm::text, ""},  // "0000:03:00.0"
    {FaultField::address, "address", FieldForm::address, "", true},
    {FaultField::reason, "reason", FieldForm::text, ""},
    {FaultField::client, "client", FieldForm::text, "unknown", true},  // a block: "TCP", "SDMA0"
    {FaultField::rw, "rw", FieldForm::access, "", true},
    {FaultField::more_faults, "more_faults", FieldForm::number, "", false, false},
    {FaultField::walker_error, "walker_error", FieldForm::number, ""},
    // Bit 0 not valid, 1 read, 2 write, 3 execute.
    {FaultField::permission_faults, "permission_faults", FieldForm::number, ""},
    {FaultField::mapping_error, "mapping_error", FieldForm::number, ""},
    {FaultField::vmid, "vmid", FieldForm::number, ""},
    {FaultField::pasid, "pasid", FieldForm::number, ""},
    {FaultField::ring, "ring", FieldForm::number_or_text, ""},
    {FaultField::process, "process", FieldForm::text, ""},
    {FaultField::pid, "pid", FieldForm::number, "0"},
    {FaultField::node, "node", FieldForm::number, ""},  // KFD's number
    {FaultField::hub, "hub", FieldForm::of_the_line_alone, ""},
    {FaultField::status, "status", FieldForm::of_the_line_alone, "", true},
    {FaultField::value, "value", FieldForm::of_the_line_alone, ""},
}};

constexpr const FieldRule& rule_of(FaultField field) {
  return fault_fields.at(static_cast<std::size_t>(field));
}
constexpr std::uint32_t field_bit(FaultField field) {
  return 1U << static_cast<unsigned>(field);
}
std::optional<FaultField> parse_fault_field(std::string_view word);

/// A line of the log, or another source, that says something about an event, cut and printable.
struct EvidenceLine {
  std::uint64_t number = 0;  ///< 0: not of the log
  std::string text;
  std::uint32_t fields = 0;  ///< which fields it gave: field_bit()
};

using FieldValue = std::variant<std::uint64_t, std::string>;

struct FaultEvent {
  const FaultType* type = nullptr;  ///< lives as long as the FaultRules it is from
  std::uint64_t line = 0;           ///< the first line that belongs to it
  std::optional<std::string> time;  ///< as the log writes it
  std::array<std::optional<FieldValue>, fault_fields.size()> fields;
  std::uint64_t count = 1;  ///< how often the same was reported
  /// Where else the same was reported: the first few; and how many reports beyond those.
  std::vector<std::uint64_t> other_addresses;
  std::uint64_t reported_elsewhere = 0;
  bool cut_off = false;             ///< the log begins in the middle of it
  bool empty_status = false;        ///< the status register was 0: it says nothing
  bool any_maker = false;           ///< every line of it could be another maker's runtime's
  std::vector<EvidenceLine> lines;  ///< the first few lines it was made from

  std::optional<FieldValue>& operator[](FaultField field) {
    return fields.at(static_cast<std::size_t>(field));
  }
  const std::optional<FieldValue>& operator[](FaultField field) const {
    return fields.at(static_cast<std::size_t>(field));
  }
  /// nullopt: not known, or of the other form.
  [[nodiscard]] std::optional<std::uint64_t> number(FaultField field) const;
  /// Empty: not known, or of the other form.
  [[nodiscard]] std::string_view text(FaultField field) const;
};

}  // namespace rocmfix
