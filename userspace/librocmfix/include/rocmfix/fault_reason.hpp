// SPDX-License-Identifier: MIT
// Why ROCr says that an access of the GPU failed: [[reason]] in faults.toml. For the interposer,
// which names the bits, and for the library, which knows ROCr's words for them.
#pragma once

#include <string_view>

namespace rocmfix {

struct FaultReason {
  std::string_view name;  ///< "page_not_present", as in the interposer's report
  unsigned bit = 0;       ///< of hsa_amd_gpu_memory_fault_info_t's fault_reason_mask, from 0
  std::string_view text;  ///< "Page not present or supervisor privilege"
  std::string_view source;
};

}  // namespace rocmfix
