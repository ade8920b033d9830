// SPDX-License-Identifier: MIT
#include "gpu/svm_ranges.hpp"

#include <algorithm>
#include <iterator>

namespace rocmfix::sim {

SvmAttributes SvmRanges::defaults() {
  SvmAttributes attributes;
  attributes.flags = KFD_IOCTL_SVM_FLAG_HOST_ACCESS | KFD_IOCTL_SVM_FLAG_COHERENT;
  attributes.preferred = KFD_IOCTL_SVM_LOCATION_UNDEFINED;
  attributes.prefetch = KFD_IOCTL_SVM_LOCATION_UNDEFINED;
  attributes.granularity = 9;  // log2 of pages: svm_range_set_default_attributes()
  return attributes;
}

std::optional<SvmRanges::Range> SvmRanges::find(std::uint64_t address) const {
  auto at = ranges_.upper_bound(address);
  if (at == ranges_.begin()) {
    return std::nullopt;
  }
  --at;
  if (address >= at->second.end) {
    return std::nullopt;
  }
  return Range{at->first, at->second.end, at->second.attributes};
}

void SvmRanges::split(std::uint64_t address) {
  const auto range = find(address);
  if (!range || range->start == address) {
    return;
  }
  ranges_[range->start].end = address;
  ranges_[address] = {range->end, range->attributes};
}

void SvmRanges::fill_holes(std::uint64_t start, std::uint64_t end) {
  for (std::uint64_t at = start; at < end;) {
    if (const auto range = find(at)) {
      at = range->end;
      continue;
    }
    const auto next = ranges_.lower_bound(at);
    const std::uint64_t hole_end = next == ranges_.end() ? end : std::min(end, next->first);
    ranges_[at] = {hole_end, defaults()};
    at = hole_end;
  }
}

void SvmRanges::merge(std::uint64_t start, std::uint64_t end) {
  auto at = ranges_.lower_bound(start);
  if (at != ranges_.begin()) {
    --at;
  }
  while (at != ranges_.end() && at->first <= end) {
    const auto next = std::next(at);
    if (next != ranges_.end() && next->first == at->second.end &&
        next->second.attributes == at->second.attributes) {
      at->second.end = next->second.end;
      ranges_.erase(next);
    } else {
      at = next;
    }
  }
}

void SvmRanges::forget(std::uint64_t start, std::uint64_t end) {
  split(start);
  split(end);
  ranges_.erase(ranges_.lower_bound(start), ranges_.lower_bound(end));
}

}  // namespace rocmfix::sim
