// SPDX-License-Identifier: MIT
#include "hip/host_coherence.hpp"

#include "hip/caller.hpp"
#include "hip/communicators.hpp"
#include "hip/intent.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

namespace {

std::string_view name_of(const CallingObject& caller) {
  return caller.file.empty() ? "the program" : caller.file;
}

CoherenceRequest look(const CallingObject& caller, uint64_t address, uint64_t size) {
  CoherenceRequest found;
  const std::string_view added = layer.settings.communicators.data();
  found.communicator = is_communicator(caller.file, added) ||
                       (caller.soname != caller.file && is_communicator(caller.soname, added));
  found.several_gpus = layer.gpu_count > 1;
  if (intent.api == Api::hipHostRegister && !found.communicator) {
    found.sharing = sharing_of(address, size);
  }
  return found;
}

const char* explanation(Reason reason) {
  switch (reason) {
    case Reason::asked:
      return "coherent memory was explicitly requested";
    case Reason::communicator:
      return "a communication library";
    case Reason::shared:
      return "registered memory that other processes can map";
    case Reason::unknown_mapping:
      return "/proc/self/maps does not show what is registered";
    case Reason::several_gpus:
      return "there are several GPUs in the process";
    default:
      return "";
  }
}

void report_first(const Verdict& verdict) {
  // A string_view may have no end of its own.
  std::array<char, 64> object{};
  verdict.object.copy(object.data(), object.size() - 1);
  if (verdict.change()) {
    say("coherence: memory for ", object.data(), " becomes non-coherent");
  } else {
    say("coherence: memory for ", object.data(), " stays coherent: ", explanation(verdict.reason));
  }
}

}  // namespace

Verdict judge(uint64_t address, uint64_t size) {
  Verdict verdict;
  if (!layer.coherence.load(std::memory_order_relaxed)) {
    verdict.reason = Reason::policy;
    return verdict;
  }
  CoherenceRequest request;
  if (intent.kind == MemoryKind::data || intent.kind == MemoryKind::coherent) {
    const CallingObject caller = calling_object(intent.caller);
    verdict.object = name_of(caller);
    if (layer.settings.coherence == CoherencePolicy::automatic && intent.kind == MemoryKind::data) {
      request = look(caller, address, size);
    }
  }
  verdict.reason = reason_to_keep(layer.settings.coherence, intent.kind, request);
  return verdict;
}

void count(const Verdict& verdict) {
  if (verdict.reason == Reason::policy || verdict.reason == Reason::not_data || intent.counted) {
    return;
  }
  intent.counted = true;
  if (layer.coherence_tally.add(verdict.reason, verdict.object) && layer.settings.verbose) {
    report_first(verdict);
  }
}

}  // namespace rocmfix::hip
