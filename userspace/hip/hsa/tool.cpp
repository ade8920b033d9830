// SPDX-License-Identifier: MIT
// ROCr's way in: it finds OnLoad in a preloaded object that exports HSA_AMD_TOOL_PRIORITY (6.0 on)
// or through HSA_TOOLS_LIB, and calls it while it starts. Here it is decided whether the interposer
// does anything at all in this process.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>

#include "alive/open_call.hpp"
#include "export.hpp"
#include "hip/hip_lookup.hpp"
#include "hsa/hsa_hooks.hpp"
#include "hsa/hsa_slots.hpp"
#include "hsa/rocr.hpp"
#include "hsa/vram_figures.hpp"
#include "incident/fault_report.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

namespace {

/// The table that the hooks are in; another ROCr in the same process has another.
const void* hooked_table = nullptr;

/// A reset of the GPU, in which its memory is lost.
uint32_t reasons_of(const hsa::HwExceptionEvent& exception) {
  return exception.reset_cause == hsa::reset_ecc ? hsa::fault_sram_ecc : hsa::fault_hang;
}

hsa::Status on_event(const hsa::Event* event, void* /*data*/) {
  if (event != nullptr && layer.active()) {
    if (event->type == hsa::event_memory_fault) {
      const auto& [address, reasons] = event->memory_fault;
      report_fault({.agent = event->agent.handle, .address = address, .reasons = reasons});
    } else if (event->type == hsa::event_hw_exception) {
      report_fault({.agent = event->agent.handle,
                    .reasons = reasons_of(event->hw_exception),
                    .reset = true});
    }
  }
  // Not handled: ROCr prints and aborts as it would without us.
  return hsa::error;
}

bool refuse(const char* why, const char* what = "") {
  layer.state.store(State::refused, std::memory_order_release);
  if (layer.settings.verbose) {
    say("not active: ", why, what);
  }
  return false;
}

void find_rocr_path(const void* function) {
  Dl_info info{};
  if (dladdr(function, &info) != 0 && info.dli_fname != nullptr) {
    strncpy(layer.rocr_path.data(), info.dli_fname, layer.rocr_path.size() - 1);
  }
}

size_t supported_gpus() {
  size_t count = 0;
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    count += layer.gpus[i].supported ? 1 : 0;
  }
  return count;
}

void start_budgets() {
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    const Gpu& gpu = layer.gpus[i];
    const bool limited =
        gpu.supported && layer.settings.cap.kind != VramCap::Kind::off && gpu.vram != 0;
    layer.budgets[i].start(limited ? layer.settings.cap.of(gpu.vram) : 0);
  }
}

/// What of the policy is known before the first allocation.
const char* coherence_remark() {
  if (layer.settings.coherence == CoherencePolicy::off) {
    return "";
  }
  if (!layer.coherence.load()) {
    return " (not applied: a GPU of another family is in the process)";
  }
  if (layer.settings.coherence == CoherencePolicy::automatic && layer.gpu_count > 1) {
    return " (host memory stays coherent: several GPUs are in the process)";
  }
  return "";
}

void say_active() {
  std::array<char, 256> text{};
  const Gpu& gpu = layer.gpus.front();
  const bool host = layer.settings.out_of_memory == OutOfMemory::host;
  static_cast<void>(snprintf(
      text.data(), text.size(),
      "%s, %zu GPU(s), coherence %s%s, VRAM limit %llu of %llu MiB, out of memory: %s",
      gpu.name.data(), layer.gpu_count, policy_name(layer.settings.coherence), coherence_remark(),
      static_cast<unsigned long long>(
          (layer.budgets.front().limit() != 0 ? layer.budgets.front().limit() : gpu.vram) >> 20U),
      static_cast<unsigned long long>(gpu.vram >> 20U), host ? "host" : "fail"));
  std::array<char, 64> table{};
  static_cast<void>(snprintf(table.data(), table.size(), " (table %u, %u bytes)",
                             layer.table.major_id, layer.table.minor_id));
  say("active: ", text.data(), ", in ", layer.rocr_path.data(), table.data());
}

/// The layout is known, the functions are there, the GPUs are ours.
bool load(hsa::ApiTable& api) {
  char* ext = static_cast<char*>(api.amd_ext);
  char* core = static_cast<char*>(api.core);
  hsa::TableVersion core_version{};
  memcpy(&core_version, core, sizeof core_version);
  memcpy(&layer.table, ext, sizeof layer.table);
  const CoreSlots* core_slots = find_core_slots(core_version);
  const AmdExtLayout* layout = find_amd_ext_layout(layer.table);
  if (core_slots == nullptr || layout == nullptr) {
    std::array<char, 96> text{};
    static_cast<void>(snprintf(text.data(), text.size(), "core %u/%u, ext %u/%u",
                               core_version.major_id, core_version.minor_id, layer.table.major_id,
                               layer.table.minor_id));
    return refuse("the tables of this ROCr are unknown: ", text.data());
  }
  if (!read_tables(core, *core_slots, ext, layout->slots)) {
    return refuse("the tables of this ROCr are incomplete");
  }
  if (!survey()) {
    return refuse("ROCr does not report its agents and pools");
  }
  const size_t supported = supported_gpus();
  if (supported == 0) {
    return refuse("no GPU of the gfx101x or gfx103x family");
  }
  find_rocr_path(reinterpret_cast<const void*>(rocr.pool_allocate));
  layer.ledger.clear();
  layer.handles.clear();
  layer.calls.clear();
  layer.coherence_tally.clear();
  start_budgets();
  watch_calls(layer.settings.alive_folder.data());
  layer.coherence.store(supported == layer.gpu_count &&
                        layer.settings.coherence != CoherencePolicy::off);
  // Without it there are no incidents; the rest works.
  if (rocr.register_event_handler(on_event, nullptr) != hsa::success && layer.settings.verbose) {
    say("ROCr accepts no fault handler: faults will not be reported");
  }
  install_hooks(ext, layout->slots);
  install_vram_figures(core, *core_slots, ext, layout->slots);
  hooked_table = ext;
  layer.state.store(State::active, std::memory_order_release);
  return true;
}

}  // namespace

}  // namespace rocmfix::hip

using namespace rocmfix::hip;

extern "C" {

/// After the tools of HSA_TOOLS_LIB, before none: the order among preloaded tools.
ROCMFIX_EXPORT extern const uint32_t HSA_AMD_TOOL_PRIORITY;
const uint32_t HSA_AMD_TOOL_PRIORITY = 50;

ROCMFIX_EXPORT bool OnLoad(hsa::ApiTable* table, uint64_t /*runtime_version*/,
                           uint64_t /*failed_count*/, const char* const* /*failed*/) {
  prepare();
  if (table == nullptr || table->core == nullptr || table->amd_ext == nullptr) {
    return false;
  }
  if (!layer.settings.enabled) {
    return refuse("ROCMFIX_HIP=0");
  }
  if (hooked_table == table->amd_ext) {
    return true;  // named twice
  }
  if (hooked_table != nullptr) {
    give_up("there are two ROCr runtimes in this process");
    return false;
  }
  if (layer.settings.misread != nullptr) {
    say("not understood, so the default applies: ", layer.settings.misread);
  }
  if (!load(*table)) {
    return false;
  }
  if (layer.settings.verbose) {
    say_active();
  }
  return true;
}

/// ROCr is shut down. It empties its table itself; it may start again.
ROCMFIX_EXPORT void OnUnload() {
  hooked_table = nullptr;
  if (layer.active()) {
    layer.state.store(State::asleep, std::memory_order_release);
  }
}

}  // extern "C"
