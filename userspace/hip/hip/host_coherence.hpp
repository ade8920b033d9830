// SPDX-License-Identifier: MIT
// The decision on one block that ROCr would make coherent: the policy, applied to the call that is
// under way on this thread.
#ifndef ROCMFIX_HIP_HOST_COHERENCE_HPP
#define ROCMFIX_HIP_HOST_COHERENCE_HPP

#include <cstdint>
#include <string_view>

#include "hip/coherence.hpp"

namespace rocmfix::hip {

struct Verdict {
  Reason reason = Reason::not_data;
  std::string_view object;  // the caller's file name; valid during the call

  [[nodiscard]] bool change() const { return reason == Reason::none; }
};

/// `address` 0: of a block that does not exist yet. Does not count anything.
Verdict judge(uint64_t address, uint64_t size);
/// The block exists now, as `verdict` has it. Once a call, however many blocks it leads to; with
/// ROCMFIX_VERBOSE the first of each kind is reported.
void count(const Verdict& verdict);

}  // namespace rocmfix::hip

#endif
