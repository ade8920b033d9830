// SPDX-License-Identifier: MIT
#include "hip/coherence_tally.hpp"

namespace rocmfix::hip {

void CoherenceTally::clear() {
  const Guard guard(mutex_);
  used_.store(0, std::memory_order_release);
}

CoherenceTally::Entry* CoherenceTally::find(Reason reason, std::string_view object, size_t used) {
  for (size_t i = 0; i < used; ++i) {
    const std::string_view known = entries_[i].object.data();
    if (entries_[i].reason == reason && known == object) {
      return &entries_[i];
    }
  }
  return nullptr;
}

bool CoherenceTally::add(Reason reason, std::string_view object) {
  object = object.substr(0, object_size - 1);
  if (Entry* known = find(reason, object, size()); known != nullptr) {
    known->count.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const Guard guard(mutex_);
  const size_t used = used_.load(std::memory_order_relaxed);
  // The last entries are kept for the reasons themselves.
  constexpr size_t for_objects = capacity - static_cast<size_t>(Reason::count);
  if (used >= for_objects) {
    object = {};
  }
  Entry* entry = find(reason, object, used);
  const bool first = entry == nullptr;
  if (first) {
    entry = &entries_[used];
    entry->reason = reason;
    entry->object = {};
    object.copy(entry->object.data(), object.size());
    entry->count.store(0, std::memory_order_relaxed);
    used_.store(used + 1, std::memory_order_release);
  }
  entry->count.fetch_add(1, std::memory_order_relaxed);
  return first;
}

}  // namespace rocmfix::hip
