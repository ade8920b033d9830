// SPDX-License-Identifier: MIT
// What the two halves share: whether the interposer is at work, the GPUs, the ledger, the budgets.
// One object, constant-initialised and never destroyed, because calls come before main and after
// exit.
#ifndef ROCMFIX_HIP_LAYER_HPP
#define ROCMFIX_HIP_LAYER_HPP

#include <array>
#include <atomic>
#include <climits>
#include <cstdint>

#include "hip/coherence_tally.hpp"
#include "hsa/abi_hsa.hpp"
#include "ledger/call_ring.hpp"
#include "ledger/ledger.hpp"
#include "ledger/vram_budget.hpp"
#include "settings.hpp"

namespace rocmfix::hip {

enum class State : uint8_t {
  asleep,  // ROCr has not loaded us: no HIP here, or not yet
  active,
  refused,  // no supported GPU, or a ROCr we do not know: nothing is touched
  off,      // switched off, failed inside, or a forked child of an active process
};

struct Gpu {
  hsa::Agent agent{};
  bool supported = false;
  uint64_t vram = 0;  // bytes
  uint32_t node = 0;
  uint32_t domain = 0;
  uint32_t bdf = 0;  // bus << 8 | device << 3 | function
  std::array<char, hsa::agent_name_size + 1> name{};
  std::array<char, hsa::agent_name_size + 1> product{};
};

struct Layer {
  CallRing calls;
  Ledger ledger;
  Ledger handles;  // physical memory of hipMemCreate, by ROCr's handle
  size_t gpu_count = 0;
  std::atomic<uint64_t> given_on_host{0};
  std::array<VramBudget, max_gpus> budgets{};
  CoherenceTally coherence_tally;
  std::array<Gpu, max_gpus> gpus{};
  Settings settings;
  /// The layout of AmdExtTable, and (below) where ROCr and HIP were loaded from.
  hsa::TableVersion table{};
  std::atomic<State> state{State::asleep};
  /// Host memory may be changed: every GPU in the process is a supported one.
  std::atomic<bool> coherence{false};
  /// Some block's end is not, or not at once, seen in ROCr: managed memory, memory pools. Once true
  /// it stays so.
  std::atomic<bool> has_pooled{false};
  std::array<char, PATH_MAX> rocr_path{};
  std::array<char, PATH_MAX> hip_path{};

  [[nodiscard]] bool active() const {
    return state.load(std::memory_order_acquire) == State::active;
  }
};

extern Layer layer;

/// Reads the environment, once.
void prepare();
/// One line to stderr, "rocmfix: ...", in one write(2). At most five parts.
void say(const char* a, const char* b = "", const char* c = "", const char* d = "",
         const char* e = "");
/// Something inside does not work: the interposer stops changing and recording anything, with a
/// message.
void give_up(const char* why);

}  // namespace rocmfix::hip

#endif
