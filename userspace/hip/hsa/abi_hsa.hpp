// SPDX-License-Identifier: MIT
// The part of ROCr's C interface that the interposer calls or stands in for, written down instead
// of included: the interposer is built once and meets every ROCr from 4.3 on. Values and layouts
// are those of hsa.h and hsa_ext_amd.h and the same in 5.2.3, 6.1.2 and 6.4.3
// (tests/hip/programs/abi.cpp holds them against the headers of every suite). Table layouts are not
// here: hsa_slots.hpp.
#ifndef ROCMFIX_HIP_ABI_HSA_HPP
#define ROCMFIX_HIP_ABI_HSA_HPP

#include <cstddef>
#include <cstdint>

namespace rocmfix::hip::hsa {

using Status = uint32_t;
inline constexpr Status success = 0;
inline constexpr Status error = 0x1000;
inline constexpr Status out_of_resources = 0x1008;

struct Agent {
  uint64_t handle;
};
struct Pool {
  uint64_t handle;
};
struct SvmPair {
  uint64_t attribute;
  uint64_t value;
};

enum AgentInfo : uint32_t {
  agent_name = 0,
  agent_device_type = 17,
  agent_driver_node = 0xA004,
  agent_bdf = 0xA006,
  agent_product = 0xA009,
  agent_domain = 0xA00F,
  agent_memory_available = 0xA015,  // since 5.3
};
inline constexpr size_t agent_name_size = 64;
enum DeviceType : uint32_t { device_cpu = 0, device_gpu = 1 };

enum PoolInfo : uint32_t { pool_segment = 0, pool_flags = 1, pool_size = 2 };
inline constexpr uint32_t segment_global = 0;
enum PoolFlag : uint32_t {
  pool_kernarg = 1,
  pool_fine = 2,
  pool_coarse = 4,
  pool_extended_fine = 8,
};

inline constexpr uint64_t svm_global_flag = 0;
inline constexpr uint64_t svm_fine_grained = 0;
inline constexpr uint64_t svm_coarse_grained = 1;

inline constexpr uint32_t event_memory_fault = 0;
inline constexpr uint32_t event_hw_exception = 1;  // ROCr 6.0 on
enum FaultReason : uint32_t {
  fault_not_present = 1U << 0,
  fault_read_only = 1U << 1,
  fault_no_execute = 1U << 2,
  fault_host_only = 1U << 3,
  fault_dram_ecc = 1U << 4,
  fault_imprecise = 1U << 5,
  fault_sram_ecc = 1U << 6,
  fault_hang = 1U << 31,
};
enum ResetCause : uint32_t {
  reset_hang = 1U << 0,
  reset_ecc = 1U << 1,  // of SRAM, by the header
};
struct MemoryFaultEvent {
  uint64_t virtual_address;
  uint32_t reasons;
};
struct HwExceptionEvent {
  uint32_t reset_type;  // unused
  uint32_t reset_cause;
};
/// hsa_amd_event_t. Of an unknown type, nothing but the type may be read.
struct Event {
  uint32_t type;
  uint32_t padding;
  Agent agent;
  union {
    MemoryFaultEvent memory_fault;
    HwExceptionEvent hw_exception;
  };
};

/// HsaApiTable and the head of every table in it.
struct TableVersion {
  uint32_t major_id;
  uint32_t minor_id;  // sizeof the table
  uint32_t step_id;
  uint32_t reserved;
};
struct ApiTable {
  TableVersion version;
  void* core;
  void* amd_ext;
};

using AgentCallback = Status (*)(Agent, void*);
using PoolCallback = Status (*)(Pool, void*);
using EventCallback = Status (*)(const Event*, void*);

using IterateAgents = Status (*)(AgentCallback, void*);
using AgentGetInfo = Status (*)(Agent, uint32_t, void*);
using PoolGetInfo = Status (*)(Pool, uint32_t, void*);
using IteratePools = Status (*)(Agent, PoolCallback, void*);
using PoolAllocate = Status (*)(Pool, size_t, uint32_t, void**);
using PoolFree = Status (*)(void*);
using AllowAccess = Status (*)(uint32_t, const Agent*, const uint32_t*, const void*);
using MemoryLock = Status (*)(void*, size_t, Agent*, int, void**);
using LockToPool = Status (*)(void*, size_t, Agent*, int, Pool, uint32_t, void**);
using MemoryUnlock = Status (*)(void*);
using SvmAttributesSet = Status (*)(void*, size_t, SvmPair*, size_t);
using RegisterEventHandler = Status (*)(EventCallback, void*);
using VmemHandleCreate = Status (*)(Pool, size_t, uint32_t, uint64_t, uint64_t*);
using VmemHandleRelease = Status (*)(uint64_t);
using VmemMap = Status (*)(void*, size_t, size_t, uint64_t, uint64_t);
using VmemUnmap = Status (*)(void*, size_t);

}  // namespace rocmfix::hip::hsa

#endif
