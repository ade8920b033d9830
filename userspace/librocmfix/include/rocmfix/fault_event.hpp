// SPDX-License-Identifier: MIT
// What a log says happened to a GPU, one event a fault: the fields as the driver or the runtime
// printed them, and those decoded from the fault status register.
//
// Units: addresses are GPU virtual addresses in bytes; lines are counted from 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rocmfix {

enum class FaultType : std::uint8_t {
  gpu_memory_fault,         ///< ROCr or HIP ended the program for a bad GPU address
  page_fault,               ///< amdgpu's report of one, with the status register
  aperture_violation,       ///< an address beyond every legal one
  gpu_hang,                 ///< the runtime or the driver calls the GPU hung
  ring_timeout,             ///< a job did not end in time
  gpu_reset,                ///< amdgpu reset the GPU; `reason` is the outcome
  vram_lost,                ///< a reset lost what was in VRAM
  gpu_out_of_memory,        ///< an allocation on the GPU was refused
  host_oom_kill,            ///< the kernel killed a process for want of system memory
  atomics_rejected,         ///< KFD leaves a GPU out: no PCIe atomics
  tensile_missing,          ///< rocBLAS has no kernels for this GPU
  invalid_device_function,  ///< the program has no code for this GPU, or the wrong one
  permission_denied,        ///< /dev/kfd or /dev/dri could not be opened
  iommu_fault,              ///< the IOMMU refused an access of the GPU to system memory
};
inline constexpr std::size_t fault_type_count = 14;

std::string_view to_string(FaultType type);  ///< "gpu_memory_fault", as in JSON
std::optional<FaultType> parse_fault_type(std::string_view word);
/// In words: "memory fault on the GPU".
std::string_view describe(FaultType type);

enum class Access : std::uint8_t { read, write };

/// A line of the log that says something about an event, cut and made printable.
struct EvidenceLine {
  std::uint64_t number = 0;
  std::string text;
  std::uint32_t fields = 0;  ///< which fields it gave: bits of FaultField
};

/// A ring is a number in a page fault and a name in a timeout.
using Ring = std::variant<std::uint64_t, std::string>;

struct FaultEvent {
  FaultType type = FaultType::page_fault;
  std::uint64_t line = 0;           ///< the first line that belongs to it
  std::optional<std::string> time;  ///< as the log writes it
  std::optional<std::string> bdf;   ///< "0000:03:00.0"
  std::optional<std::uint64_t> address;
  std::optional<std::string> reason;
  std::optional<std::string> client;  ///< the block of the GPU: "TCP", "SDMA0"
  std::optional<Access> rw;
  std::optional<std::uint64_t> more_faults;
  std::optional<std::uint64_t> walker_error;
  std::optional<std::uint64_t> permission_faults;  ///< bit 0 not valid, 1 read, 2 write, 3 execute
  std::optional<std::uint64_t> mapping_error;
  std::optional<std::uint64_t> vmid;
  std::optional<std::uint64_t> pasid;
  std::optional<Ring> ring;
  std::optional<std::string> process;
  std::optional<std::uint64_t> pid;
  std::optional<std::uint64_t> node;  ///< KFD's node number
  std::uint64_t count = 1;            ///< how often the same was reported

  std::vector<EvidenceLine> lines;  ///< the first few lines it was made from
};

}  // namespace rocmfix
