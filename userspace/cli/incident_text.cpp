// SPDX-License-Identifier: MIT
#include "incident_text.hpp"

#include <fmt/format.h>

#include "output.hpp"
#include "rocmfix/printable.hpp"
#include "util/grade.hpp"

namespace rocmfix::cli {

namespace {

constexpr std::size_t text_width = 100;

// "bit 0 the PTE was not valid, ..." of Documentation/gpu/amdgpu/debugging.rst, in words.
std::string describe_permissions(std::uint64_t faults) {
  if ((faults & 1U) != 0) {
    return "no valid page there";
  }
  std::string text;
  for (const auto& [bit, word] : {std::pair(2U, "read"), {4U, "write"}, {8U, "execute"}}) {
    if ((faults & bit) != 0) {
      text += fmt::format("{}{}", text.empty() ? "the page may not be " : ", ",
                          bit == 2U   ? "read"
                          : bit == 4U ? "written"
                                      : "executed");
    }
  }
  return text;
}

std::string describe_access(const FaultEvent& event) {
  std::string text;
  if (const auto address = event.number(FaultField::address)) {
    text += fmt::format(" at 0x{:x}", *address);
  }
  for (const std::uint64_t address : event.other_addresses) {
    text += fmt::format(", 0x{:x}", address);
  }
  if (event.reported_elsewhere > 0) {
    text += fmt::format(" and {} reports at more addresses", event.reported_elsewhere);
  }
  const std::string_view rw = event.text(FaultField::rw);
  const std::string_view client = event.text(FaultField::client);
  if (!rw.empty() || !client.empty()) {
    text += rw.empty() ? ", an access" : fmt::format(", a {}", rw);
    text += client.empty() ? "" : fmt::format(" by {}", client);
  }
  if (const auto& ring = event[FaultField::ring]) {
    text += std::visit([](const auto& shown) { return fmt::format(", ring {}", shown); }, *ring);
  }
  return text;
}

std::string describe_event(const FaultEvent& event) {
  std::string text(event.type->text);
  text += describe_access(event);
  const std::string_view process = event.text(FaultField::process);
  if (!process.empty()) {
    text += fmt::format(", process {}", process);
  }
  if (const auto pid = event.number(FaultField::pid)) {
    text += process.empty() ? fmt::format(", process {}", *pid) : fmt::format(" [{}]", *pid);
  }
  if (const auto node = event.number(FaultField::node)) {
    text += fmt::format(", GPU node {}", *node);
  }
  if (event[FaultField::bdf]) {
    text += fmt::format(", GPU {}", event.text(FaultField::bdf));
  }
  if (const auto faults = event.number(FaultField::permission_faults)) {
    const std::string permissions = describe_permissions(*faults);
    text += permissions.empty() ? "" : ": " + permissions;
  }
  if (const auto error = event.number(FaultField::walker_error).value_or(0); error != 0) {
    text += fmt::format("; the page-table walk failed ({})", error);
  }
  if (event.number(FaultField::mapping_error).value_or(0) != 0) {
    text += "; mapping error";
  }
  if (event[FaultField::reason]) {
    text += fmt::format(": {}", event.text(FaultField::reason));
  }
  if (event.count > 1) {
    text += fmt::format(" ({} times)", event.count);
  }
  return text;
}

// "  check     ..." with what follows lined up.
std::string field(std::string_view name, std::string_view value) {
  constexpr std::size_t column = 16;
  return fmt::format("{:6}{:<10}{}\n", "", name,
                     wrap(value, text_width - column, std::string(column, ' ')));
}

std::string describe_cause(const ProbableCause& cause) {
  std::string text =
      fmt::format("  {}: {} [{}]\n", to_string(cause.confidence),
                  wrap(cause.rule->summary, text_width - 14, "      "), printable(cause.rule->id));
  for (const EvidenceLine& line : cause.evidence) {
    text +=
        field("evidence", line.number == 0 ? "this machine: " + line.text
                                           : fmt::format("line {}: {}", line.number, line.text));
  }
  text += field("check", cause.rule->check);
  text += field("remedy", cause.remedy);
  return text + field("source", fmt::format("{} ({})", cause.rule->source,
                                            grade_in_words(cause.rule->grade)));
}

}  // namespace

std::string incident_text(const LogIncident& incident, std::string_view heading) {
  std::string text = fmt::format("{}\n", heading);
  for (const FaultEvent& event : incident.events) {
    std::string where = fmt::format("  line {}", event.line);
    if (event.time) {
      where += fmt::format(", {}", printable(*event.time));
    }
    text +=
        fmt::format("{}\n      {}\n", where, wrap(describe_event(event), text_width - 6, "      "));
  }
  if (incident.dropped > 0) {
    text += fmt::format("  and {} more events\n", incident.dropped);
  }
  if (incident.causes.empty()) {
    return text +
           "Cause not determined: the log shows no sign of a known cause. It may help to pass the "
           "kernel\n"
           "log since boot and all of the program's output, one after the other.\n\n";
  }
  text += "Probable causes\n";
  for (const ProbableCause& cause : incident.causes) {
    text += describe_cause(cause);
  }
  return text + "\n";
}

}  // namespace rocmfix::cli
