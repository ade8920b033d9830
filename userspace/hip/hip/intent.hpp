// SPDX-License-Identifier: MIT
// What the program's HIP call on this thread is about, for the ROCr calls that it leads to. The
// outermost call counts: hipMallocHost may come to us again as hipHostMalloc.
#ifndef ROCMFIX_HIP_INTENT_HPP
#define ROCMFIX_HIP_INTENT_HPP

#include <cstdint>

#include "clock.hpp"
#include "hip/apis.hpp"
#include "hip/coherence.hpp"

namespace rocmfix::hip {

struct Intent {
  Api api = Api::none;
  MemoryKind kind = MemoryKind::none;
  bool counted = false;  // in the tally of coherence
  uint32_t flags = 0;
  const void* caller = nullptr;  // where the call returns to
  uint64_t size = 0;             // bytes asked for; 0: not known before
  uint64_t recorded = 0;         // the block that ROCr gave for exactly this, already in the ledger
  uint64_t largest = 0;          // the largest VRAM block that ROCr gave during the call ...
  uint64_t largest_size = 0;     // ... and its size
  uint64_t time = 0;             // when it was first asked for
};

// Of the initial-exec model: no call, and no malloc on a thread's first use.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Intent intent;

/// Now, but the clock is read once a HIP call: it is the dearest part of writing one down.
inline uint64_t call_time() {
  if (intent.api == Api::none) {
    return now();
  }
  if (intent.time == 0) {
    intent.time = now();
  }
  return intent.time;
}

}  // namespace rocmfix::hip

#endif
