// SPDX-License-Identifier: MIT
// The document about a GPU memory fault, or a reset of the GPU. It takes nothing from the heap,
// waits for no lock longer than a moment, and is written in full or not at all.
#ifndef ROCMFIX_HIP_INCIDENT_HPP
#define ROCMFIX_HIP_INCIDENT_HPP

#include <cstdint>
#include <span>
#include <string_view>

#include "incident/json_text.hpp"
#include "layer.hpp"
#include "ledger/call_ring.hpp"
#include "ledger/fault_case.hpp"

namespace rocmfix::hip {

struct Fault {
  uint64_t agent = 0;
  uint64_t address = 0;
  uint32_t reasons = 0;  // hsa::FaultReason
  bool reset = false;    // of the GPU: there is no address

  /// ROCr reports a reset in one of two ways; in the other as a fault at address 0, which no
  /// program has touched.
  [[nodiscard]] bool is_hang() const {
    return reset || (address == 0 && (reasons & hsa::fault_hang) != 0);
  }
};

/// Everything that the document says; collected first, so that writing it is pure.
struct FaultReport {
  Fault fault;
  int64_t seconds = 0;  // since 1970, UTC
  uint32_t nanoseconds = 0;
  uint64_t now = 0;  // ns, as in the blocks
  uint32_t pid = 0;
  std::string_view program;
  int rank = -1;             // in a job of several processes; -1: none
  const Gpu* gpu = nullptr;  // nullptr: not one that we know
  size_t gpu_index = 0;
  size_t unread_shards = 0;
  std::span<const Call> calls;  // the newest first
};

/// One line, with its end of line.
void write_document(JsonText& json, const FaultReport& report, const Neighbourhood& around);

/// hsa_amd_register_system_event_handler's: writes the document and leaves the rest to ROCr.
void report_fault(const Fault& fault);

}  // namespace rocmfix::hip

#endif
