// SPDX-License-Identifier: MIT
#include "selftest/fault_text.hpp"

#include "rocmfix/escalation.hpp"
#include "rocmfix/fault_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

std::string memory_fault(const std::string& text) {
  static const FaultRules rules = FaultRules::built_in();
  for (const LogIncident& incident : find_incidents(rules, text)) {
    for (const FaultEvent& event : incident.events) {
      if (parse_fault_kind(event.type->kind) != FaultKind::memory) {
        continue;
      }
      const auto address = event.number(FaultField::address);
      const std::string_view reason = event.text(FaultField::reason);
      return formatted("{}{}{}{}", event.type->text,
                       address ? formatted(" at {:#x}", *address) : "", reason.empty() ? "" : ": ",
                       reason);
    }
  }
  return {};
}

}  // namespace rocmfix::selftest
