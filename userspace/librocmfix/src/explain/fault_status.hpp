// SPDX-License-Identifier: MIT
// GCVM_L2_PROTECTION_FAULT_STATUS and MMVM_L2_PROTECTION_FAULT_STATUS of GC 10.1 and 10.3, field
// by field; both registers have the same layout.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

/// Bits as in gc_10_1_0_sh_mask.h, gc_10_3_0_sh_mask.h and mmhub_2_0_0_sh_mask.h (Linux 6.1).
struct FaultStatus {
  unsigned more_faults = 0;        ///< bit 0
  unsigned walker_error = 0;       ///< bits 1 to 3
  unsigned permission_faults = 0;  ///< bits 4 to 7
  unsigned mapping_error = 0;      ///< bit 8
  unsigned cid = 0;                ///< bits 9 to 17, the client's number
  unsigned rw = 0;                 ///< bit 18: 0 read, 1 write
  unsigned atomic = 0;             ///< bit 19
  unsigned vmid = 0;               ///< bits 20 to 23
  unsigned vf = 0;                 ///< bit 24: of a virtual function
  unsigned vfid = 0;               ///< bits 25 to 29
};

FaultStatus decode_fault_status(std::uint32_t status);

/// The block of that number on `hub` ("gfxhub", "mmhub"); empty when no table of that hub has it,
/// or when the tables (the numbers of mmhub differ between chips) do not agree.
std::string client_name(std::span<const ClientTable> tables, std::string_view hub, unsigned cid,
                        bool write);

}  // namespace rocmfix
