// SPDX-License-Identifier: MIT
// The state of a wave: registers, mode, what it runs in, and why it stopped.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "gpu/isa/instruction.hpp"
#include "gpu/isa/integers.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::isa {

constexpr unsigned max_lanes = 64;
using LaneArray = std::array<std::uint32_t, max_lanes>;
using LaneMask = std::uint64_t;

// kfd_init_apertures_v9(): the upper halves of flat addresses that are LDS or scratch.
constexpr std::uint64_t shared_aperture = 1ULL << 48U;
constexpr std::uint64_t private_aperture = 2ULL << 48U;
// Where scratch "is". Real scratch is memory that the runtime allocates; no program may know its
// address, and none of the processor's addresses has bit 47.
constexpr std::uint64_t scratch_base = 1ULL << 47U;

/// Why a wave does not go on.
struct Stop {
  enum class Why : std::uint8_t {
    running,
    barrier,
    end,
    memory_fault,
    aperture_violation,   ///< LDS or scratch beyond its size
    misaligned,           ///< an atomic across its natural boundary
    illegal_instruction,  ///< `what` names it
    trap,                 ///< s_trap: abort(), assert()
    limit,                ///< of instructions
  };
  Why why = Why::running;
  std::uint64_t pc = 0;
  Memory::Fault fault;
  std::string what;
};

/// What the waves of a workgroup share.
struct Group {
  std::vector<std::uint8_t> lds;
  std::vector<std::uint8_t> scratch;  ///< of all waves
  Memory* memory = nullptr;
  const std::function<void(std::uint32_t)>* interrupt = nullptr;  ///< s_sendmsg(MSG_INTERRUPT)
};

/// A vector load that no s_waitcnt has waited for: its registers may yet get another value.
struct LoadInFlight {
  /// Writes the registers, after it has read memory once more if that is asked for.
  using Finish = void (*)(Wave& wave, LoadInFlight& load, bool reads);
  Finish finish = nullptr;  ///< nullptr: it is there to be counted
  const Instruction* in = nullptr;
  bool settled = false;  ///< it keeps the value that it has
  LaneMask lanes = 0;    ///< that load from memory
  struct Value {
    std::uint64_t address = 0;
    std::array<std::uint32_t, 4> words{};
  };
  std::vector<Value> values;  ///< one a lane of `lanes`
};

/// What a wave has under way in memory.
struct InFlight {
  std::unique_ptr<Port> port;
  std::deque<LoadInFlight> loads;  ///< as vmcnt counts them
};

struct Wave {
  unsigned lanes = 32;
  std::uint64_t pc = 0;  ///< of the next instruction
  bool scc = false;
  std::uint32_t mode = 0;              ///< the MODE register: rounding, denormals, ...
  std::uint64_t flat_scratch = 0;      ///< FLAT_SCR_LO and _HI
  std::uint32_t private_size = 0;      ///< bytes of scratch a lane
  unsigned id = 0;                     ///< in its workgroup
  std::array<std::uint32_t, 160> s{};  ///< beyond 127: never named, written by long loads
  std::vector<LaneArray> v;
  Group* group = nullptr;
  std::unique_ptr<InFlight> in_flight;  ///< nullptr: what it does in memory is done at once
  Stop stop;

  [[nodiscard]] LaneMask all() const { return lanes == 64 ? ~LaneMask{0} : 0xffffffffU; }
  [[nodiscard]] LaneMask exec() const { return mask_at(exec_lo); }
  void set_exec(LaneMask mask) { set_mask_at(exec_lo, mask); }
  /// A lane mask in scalar registers: one in wave32, two in wave64.
  [[nodiscard]] LaneMask mask_at(unsigned index) const {
    return lanes == 64 ? s[index] | std::uint64_t{s[index + 1]} << 32U : s[index];
  }
  void set_mask_at(unsigned index, LaneMask mask) {
    set32(index, static_cast<std::uint32_t>(mask));
    if (lanes == 64 && index != null_register) {  // beyond it is EXEC
      set32(index + 1, static_cast<std::uint32_t>(mask >> 32U));
    }
  }
  void set32(unsigned index, std::uint32_t value) {
    if (index != null_register) {
      s[index] = value;
    }
  }
  void set64(unsigned index, std::uint64_t value) {
    if (index != null_register) {
      s[index] = static_cast<std::uint32_t>(value);
      s[index + 1] = static_cast<std::uint32_t>(value >> 32U);
    }
  }
  void halt(Stop::Why why, std::string what = {}) {
    stop.why = why;
    stop.what = std::move(what);
  }
  void memory_fault() {
    stop.why = Stop::Why::memory_fault;
    stop.fault = group->memory->fault();
  }
  [[nodiscard]] bool running() const { return stop.why == Stop::Why::running; }
};

/// Calls `use` for each lane of a mask.
template <class Use>
void each(LaneMask mask, Use use) {
  while (mask != 0) {
    use(static_cast<unsigned>(__builtin_ctzll(mask)));
    mask &= mask - 1;
  }
}

/// Scalar operands; `operand32` is for a lane-independent source of any kind but vector.
std::uint32_t scalar32(const Wave& wave, const Operand& operand);
/// `sign`: a literal is sign-extended.
std::uint64_t scalar64(const Wave& wave, const Operand& operand, bool sign = false);
/// A lane mask as operand: vcc, s[4:5], -1.
LaneMask mask_of(const Wave& wave, const Operand& operand);

/// A lane's 32 or 64 bits of vector registers.
template <class T>
T lane_value(const Wave& wave, unsigned index, unsigned lane) {
  T value = wave.v[index][lane];
  if constexpr (sizeof(T) == 8) {
    value |= u64{wave.v[index + 1][lane]} << 32U;
  }
  return value;
}

/// As T: a literal in a signed operand of 64 bits is sign-extended, in an unsigned one it is not
/// (RDNA 2's manual, "Literal Constants"; LLVM's pull request 70274).
template <class T>
T read_scalar(const Wave& wave, const Operand& operand) {
  if constexpr (sizeof(T) == 8) {
    return static_cast<T>(scalar64(wave, operand, std::is_signed_v<T>));
  } else {
    return static_cast<T>(scalar32(wave, operand));
  }
}
template <class T>
void write_scalar(Wave& wave, unsigned index, T value) {
  if constexpr (sizeof(T) == 8) {
    wave.set64(index, static_cast<u64>(value));
  } else {
    wave.set32(index, static_cast<u32>(value));
  }
}

}  // namespace rocmfix::sim::isa
