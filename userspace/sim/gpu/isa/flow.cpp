// SPDX-License-Identifier: MIT
// SOPP, the program counter, hardware registers, and what only keeps time.
#include <ctime>

#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

void nothing(Wave& /*wave*/, const Instruction& /*in*/) {}

void jump(Wave& wave, const Instruction& in) {
  wave.pc += static_cast<u64>(std::int64_t{in.simm16()} * 4);
}

template <auto Condition>
void jump_if(Wave& wave, const Instruction& in) {
  if (Condition(wave)) {
    jump(wave, in);
  }
}

void add_branches(Table& t) {
  t.add("s_branch", jump);
  t.add("s_cbranch_scc0", jump_if<[](const Wave& w) { return !w.scc; }>);
  t.add("s_cbranch_scc1", jump_if<[](const Wave& w) { return w.scc; }>);
  t.add("s_cbranch_vccz", jump_if<[](const Wave& w) { return w.mask_at(vcc_lo) == 0; }>);
  t.add("s_cbranch_vccnz", jump_if<[](const Wave& w) { return w.mask_at(vcc_lo) != 0; }>);
  t.add("s_cbranch_execz", jump_if<[](const Wave& w) { return w.exec() == 0; }>);
  t.add("s_cbranch_execnz", jump_if<[](const Wave& w) { return w.exec() != 0; }>);
  // No debugger is attached.
  for (const char* const name : {"s_cbranch_cdbgsys", "s_cbranch_cdbguser",
                                 "s_cbranch_cdbgsys_or_user", "s_cbranch_cdbgsys_and_user"}) {
    t.add(name, nothing);
  }
  t.add("s_getpc_b64", [](Wave& w, const Instruction& in) { w.set64(in.operands[0].index, w.pc); });
  t.add("s_setpc_b64", [](Wave& w, const Instruction& in) { w.pc = scalar64(w, in.operands[0]); });
  t.add("s_swappc_b64", [](Wave& w, const Instruction& in) {
    const u64 to = scalar64(w, in.operands[1]);
    w.set64(in.operands[0].index, w.pc);
    w.pc = to;
  });
  t.add("s_call_b64", [](Wave& w, const Instruction& in) {
    w.set64(in.operands[0].index, w.pc);
    jump(w, in);
  });
}

void send_message(Wave& wave, const Instruction& in) {
  enum : std::uint8_t { interrupt = 1, deallocate = 3, get_doorbell = 10 };
  switch (static_cast<std::uint16_t>(in.simm16()) & 0xfU) {
    case interrupt:
      if (wave.group->interrupt != nullptr) {
        (*wave.group->interrupt)(wave.s[m0] & 0xffffffU);
      }
      return;
    default:
      wave.halt(Stop::Why::illegal_instruction, "a message that is not modelled: " + in.text);
  }
}

u64 clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<u64>(now.tv_sec) * 1'000'000'000U + static_cast<u64>(now.tv_nsec);
}

void sleep_a_little(Wave& /*wave*/, const Instruction& in) {
  constexpr long ns_a_unit = 32;  // 64 cycles at 2 GHz
  const timespec nap{0, (in.simm16() & 0x7f) * ns_a_unit};
  nanosleep(&nap, nullptr);
}

// hwreg(): id, offset, size - 1
struct HardwareRegister {
  unsigned id, offset, size;
  explicit HardwareRegister(std::int16_t simm)
      : id(static_cast<unsigned>(simm) & 0x3fU),
        offset(static_cast<unsigned>(simm) >> 6U & 0x1fU),
        size((static_cast<unsigned>(simm) >> 11U & 0x1fU) + 1) {}
  [[nodiscard]] u32 mask() const { return size == 32 ? ~0U : (1U << size) - 1; }
};

enum HardwareRegisterId : std::uint8_t {
  mode_register = 1,
  hw_id = 4,
  sh_mem_bases = 15,
  flat_scratch_lo = 20,
  flat_scratch_hi = 21,
  hw_id1 = 23,
  hw_id2 = 24,
  shader_cycles = 29,
};

void get_register(Wave& wave, const Instruction& in) {
  const HardwareRegister which(in.simm16());
  u32 value = 0;
  switch (which.id) {
    case mode_register:
      value = wave.mode;
      break;
    case hw_id:
    case hw_id1:
    case hw_id2:
      value = wave.id & 0xfU;  // the place of a wave on its SIMD; the rest is 0: one SIMD
      break;
    case sh_mem_bases:
      value = static_cast<u32>(private_aperture >> 48U | shared_aperture >> 48U << 16U);
      break;
    case flat_scratch_lo:
      value = static_cast<u32>(wave.flat_scratch);
      break;
    case flat_scratch_hi:
      value = static_cast<u32>(wave.flat_scratch >> 32U);
      break;
    case shader_cycles:
      value = static_cast<u32>(clock_ns() & 0xfffffU);
      break;
    default:
      wave.halt(Stop::Why::illegal_instruction,
                "a hardware register that is not modelled: " + in.text);
      return;
  }
  wave.set32(in.operands[0].index, value >> which.offset & which.mask());
}

void put_register(Wave& wave, const Instruction& in, u32 value) {
  const HardwareRegister which(in.simm16());
  const u32 mask = which.mask() << which.offset;
  const auto put = [&](u32 old) { return (old & ~mask) | (value << which.offset & mask); };
  switch (which.id) {
    case mode_register:
      wave.mode = put(wave.mode);
      break;
    case flat_scratch_lo:
      wave.flat_scratch =
          (wave.flat_scratch >> 32U << 32U) | put(static_cast<u32>(wave.flat_scratch));
      break;
    case flat_scratch_hi:
      wave.flat_scratch = u64{put(static_cast<u32>(wave.flat_scratch >> 32U))} << 32U |
                          (wave.flat_scratch & 0xffffffffU);
      break;
    default:
      wave.halt(Stop::Why::illegal_instruction,
                "a hardware register that is not modelled: " + in.text);
  }
}

void add_registers(Table& t) {
  t.add("s_getreg_b32", get_register);
  t.add("s_setreg_b32",
        [](Wave& w, const Instruction& in) { put_register(w, in, scalar32(w, in.operands[1])); });
  t.add("s_setreg_imm32_b32",
        [](Wave& w, const Instruction& in) { put_register(w, in, in.words[1]); });
  t.add("s_round_mode", [](Wave& w, const Instruction& in) {
    w.mode = (w.mode & ~0xfU) | (static_cast<u32>(in.simm16()) & 0xfU);
  });
  t.add("s_denorm_mode", [](Wave& w, const Instruction& in) {
    w.mode = (w.mode & ~0xf0U) | (static_cast<u32>(in.simm16()) & 0xfU) << 4U;
  });
}

void add_no_operations(Table& t) {
  for (const char* const name :
       {"s_nop", "s_waitcnt_expcnt", "s_waitcnt_lgkmcnt", "s_waitcnt_depctr", "s_clause",
        "s_inst_prefetch", "s_setprio", "s_icache_inv", "s_dcache_wb", "s_incperflevel",
        "s_decperflevel", "s_ttracedata", "s_ttracedata_imm", "s_sethalt", "s_wakeup", "v_nop",
        "v_pipeflush", "s_version", "s_setkill"}) {
    t.add(name, nothing);
  }
}

}  // namespace

void add_flow(Table& table) {
  add_branches(table);
  add_registers(table);
  add_no_operations(table);
  table.add("s_endpgm", [](Wave& w, const Instruction&) { w.halt(Stop::Why::end); });
  table.add("s_endpgm_saved", [](Wave& w, const Instruction&) { w.halt(Stop::Why::end); });
  table.add("s_barrier", [](Wave& w, const Instruction&) { w.halt(Stop::Why::barrier); });
  table.add("s_sendmsg", send_message);
  table.add("s_trap", [](Wave& w, const Instruction& in) { w.halt(Stop::Why::trap, in.text); });
  table.add("s_sleep", sleep_a_little);
  const auto realtime = [](Wave& w, const Instruction& in) {
    w.set64(in.operands[0].index, clock_ns() / 10);  // 100 MHz
  };
  table.add("s_memtime",
            [](Wave& w, const Instruction& in) { w.set64(in.operands[0].index, clock_ns()); });
  table.add("s_memrealtime", realtime);
}

}  // namespace rocmfix::sim::isa
