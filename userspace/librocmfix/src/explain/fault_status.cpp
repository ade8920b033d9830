// SPDX-License-Identifier: MIT
#include "explain/fault_status.hpp"

namespace rocmfix {

FaultStatus decode_fault_status(std::uint32_t status) {
  const auto bits = [&](unsigned shift, unsigned count) {
    return (status >> shift) & ((1U << count) - 1U);
  };
  return {.more_faults = bits(0, 1),
          .walker_error = bits(1, 3),
          .permission_faults = bits(4, 4),
          .mapping_error = bits(8, 1),
          .cid = bits(9, 9),
          .rw = bits(18, 1),
          .atomic = bits(19, 1),
          .vmid = bits(20, 4),
          .vf = bits(24, 1),
          .vfid = bits(25, 5)};
}

std::string client_name(std::span<const ClientTable> tables, std::string_view hub, unsigned cid,
                        bool write) {
  std::string_view name;
  for (const ClientTable& table : tables) {
    if (table.hub != hub) {
      continue;
    }
    const Strings names = write && !table.write.empty() ? table.write : table.read;
    const std::string_view here = cid < names.size() ? names[cid] : std::string_view();
    if (here.empty() || (!name.empty() && name != here)) {
      return {};
    }
    name = here;
  }
  return std::string(name);
}

}  // namespace rocmfix
