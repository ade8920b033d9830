// SPDX-License-Identifier: MIT
#include "hip/hip_call.hpp"

#include <atomic>

#include "clock.hpp"
#include "hip/hip_lookup.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

void trace(Api api, uint64_t address, uint64_t size, api::Error result) {
  if (layer.active()) {
    layer.calls.add({.time = call_time(),
                     .address = address,
                     .size = size,
                     .thread = thread_id(),
                     .result = result,
                     .api = api});
  }
}

Allocation::Allocation(Api api, const void* caller, uint64_t size, uint32_t flags)
    : open_(api), outermost_(intent.api == Api::none) {
  if (outermost_) {
    // ROCr may be started by this very call, so this does not wait for the interposer to be active.
    intent = {.api = api,
              .kind = memory_kind_of(api, flags),
              .flags = flags,
              .caller = caller,
              .size = size};
  }
}

Allocation::~Allocation() {
  if (outermost_) {
    intent = {};
  }
}

namespace {

/// Preloaded, and yet ROCr has not come to us: a ROCr before 6 without HSA_TOOLS_LIB, or a profiler
/// that has taken the tools' place. Not for a HIP that is no ROCr's, as chipStar's.
void say_unprotected() {
  static std::atomic_flag said = ATOMIC_FLAG_INIT;
  if (!is_hip_here() || said.test_and_set()) {
    return;
  }
  prepare();
  if (layer.settings.enabled) {
    say("HIP is in use, but ROCr has not loaded the HIP interposer: set HSA_TOOLS_LIB to its path");
  }
}

}  // namespace

api::Error Allocation::done(api::Error result, const void* address, Place place,
                            uint64_t size) const {
  if (!outermost_ || !layer.active()) {
    if (result == api::success && address != nullptr &&
        layer.state.load(std::memory_order_relaxed) == State::asleep) {
      say_unprotected();
    }
    return result;
  }
  const uint64_t time = call_time();
  const auto where = result == api::success ? reinterpret_cast<uint64_t>(address) : 0;
  layer.calls.add({.time = time,
                   .address = where,
                   .size = size,
                   .thread = thread_id(),
                   .result = result,
                   .api = intent.api});
  if (where == 0 || where == intent.recorded) {
    return result;
  }
  layer.has_pooled.store(true, std::memory_order_relaxed);
  Block block;
  block.address = where;
  block.size = size;
  block.time = time;
  block.thread = thread_id();
  block.flags = intent.flags;
  block.api = intent.api;
  block.place = place;
  block.of_program = true;
  if (!layer.ledger.adopt(block)) {
    give_up("no memory for the list of allocations");
  }
  return result;
}

api::Error Allocation::done_from_pool(api::Error result, const void* address, uint64_t size) const {
  layer.has_pooled.store(true, std::memory_order_relaxed);
  // Nothing else reports what the pool had.
  intent.recorded = 0;
  return done(result, address, Place::vram, size);
}

api::Error Allocation::done_without_address(api::Error result) const {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of ROCr's, never followed
  return done(result, reinterpret_cast<const void*>(intent.largest), Place::vram,
              intent.largest_size);
}

Release::Release(Api api, const void* address)
    : address_(reinterpret_cast<uint64_t>(address)),
      open_(api),
      outermost_(intent.api == Api::none) {
  if (outermost_) {
    intent = {.api = api};
    // Else ROCr's own free reports all.
    if (layer.has_pooled.load(std::memory_order_relaxed) && layer.active()) {
      layer.ledger.release(address_, call_time(), thread_id(), api, &before_);
    }
  }
}

Release::~Release() {
  if (outermost_) {
    intent = {};
  }
}

api::Error Release::done(api::Error result) {
  if (outermost_ && layer.active()) {
    trace(intent.api, address_, before_.size, result);
    if (result != api::success) {
      layer.ledger.restore(before_);
    }
  }
  return result;
}

}  // namespace rocmfix::hip
