// SPDX-License-Identifier: MIT
// What every HIP function of ours does around the real one: tell the ROCr half what is asked for,
// and write down what came of it.
#ifndef ROCMFIX_HIP_HIP_CALL_HPP
#define ROCMFIX_HIP_HIP_CALL_HPP

#include <cstdint>

#include "alive/open_call.hpp"
#include "hip/abi_hip.hpp"
#include "hip/apis.hpp"
#include "hip/intent.hpp"
#include "ledger/ledger.hpp"

namespace rocmfix::hip {

/// An allocation, from before the real call until after it.
class Allocation {
 public:
  /// `caller` is a return address; `size` 0: not known before.
  Allocation(Api api, const void* caller, uint64_t size, uint32_t flags = 0);
  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;
  Allocation(Allocation&&) = delete;
  Allocation& operator=(Allocation&&) = delete;

  /// Returns `result`. Only the outermost call is written down.
  api::Error done(api::Error result, const void* address, Place place, uint64_t size) const;
  /// From a memory pool, which may keep it when it is freed.
  api::Error done_from_pool(api::Error result, const void* address, uint64_t size) const;
  /// For what has no address of its own, as arrays: the largest block that ROCr gave.
  [[nodiscard]] api::Error done_without_address(api::Error result) const;

 private:
  OpenCall open_;
  bool outermost_;
};

/// A free of `address`.
class Release {
 public:
  Release(Api api, const void* address);
  ~Release();
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  Release(Release&&) = delete;
  Release& operator=(Release&&) = delete;

  api::Error done(api::Error result);

 private:
  uint64_t address_;
  Block before_{};
  OpenCall open_;  // a free waits for the GPU
  bool outermost_;
};

/// A call that an incident should know of.
void trace(Api api, uint64_t address, uint64_t size, api::Error result);

}  // namespace rocmfix::hip

#endif
