// SPDX-License-Identifier: MIT
#include "ledger/fault_case.hpp"

namespace rocmfix::hip {

const char* fault_case_name(FaultCase value) {
  switch (value) {
    case FaultCase::nil:
      return "nil";
    case FaultCase::inside:
      return "inside";
    case FaultCase::past_end:
      return "past_end";
    case FaultCase::before_start:
      return "before_start";
    case FaultCase::freed_recently:
      return "freed_recently";
    case FaultCase::freed_long_ago:
      return "freed_long_ago";
    case FaultCase::never_mapped:
      break;
  }
  return "never_mapped";
}

/// A page's address stands for the whole page: a block that begins in it may have been meant.
bool Neighbourhood::holds(const Block& block) const {
  const uint64_t last = address_ % gpu_page == 0 ? address_ + gpu_page - 1 : address_;
  return block.address <= last && address_ < block.address + block.size;
}

void Neighbourhood::see(const Block& live) {
  if (live.released != 0) {
    see(FreedBlock{live, live.released, 0, Api::none});
    return;
  }
  ++live_seen_;
  if (holds(live)) {
    // Of a pool's block and its part, the part.
    if (inside_.address == 0 || live.size < inside_.size) {
      inside_ = live;
    }
  } else if (live.address + live.size <= address_) {
    if (below_.address == 0 || live.address + live.size > below_.address + below_.size) {
      below_ = live;
    }
  } else if (above_.address == 0 || live.address < above_.address) {
    above_ = live;
  }
}

void Neighbourhood::see(const FreedBlock& freed) {
  ++freed_seen_;
  if (holds(freed.block) && freed.time >= freed_.time) {
    freed_ = freed;
  }
}

bool Neighbourhood::below_is_nearer() const {
  return below_.address != 0 && (above_.address == 0 || past_end() <= before_start());
}

FaultCase Neighbourhood::classify(uint64_t now) const {
  if (address_ < nil_end) {
    return FaultCase::nil;
  }
  if (inside_.address != 0) {
    return FaultCase::inside;
  }
  if (freed_.block.address != 0) {
    return now - freed_.time < recently ? FaultCase::freed_recently : FaultCase::freed_long_ago;
  }
  if (below_is_nearer()) {
    return past_end() < near ? FaultCase::past_end : FaultCase::never_mapped;
  }
  if (above_.address != 0 && before_start() <= near) {
    return FaultCase::before_start;
  }
  return FaultCase::never_mapped;
}

}  // namespace rocmfix::hip
