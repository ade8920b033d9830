// SPDX-License-Identifier: MIT
#include "alive/open_call.hpp"

#include <unistd.h>
#include <csignal>

#include <cerrno>

#include "clock.hpp"

namespace rocmfix::hip {

constinit std::atomic<AliveFile*> watched_file{nullptr};

namespace {

// Of the initial-exec model, so that the first use in a thread never calls malloc.
[[gnu::tls_model("initial-exec")]] thread_local AliveCall* own_slot = nullptr;

bool is_gone(uint32_t thread) {
  return tgkill(getpid(), static_cast<pid_t>(thread), 0) != 0 && errno == ESRCH;
}

/// A free slot, else one of a thread that has ended. Once a thread.
AliveCall* claim_slot(AliveFile& file) {
  const int saved = errno;
  const uint32_t self = thread_id();
  AliveCall* found = nullptr;
  for (AliveCall& call : file.calls) {
    std::atomic_ref owner(call.thread);
    uint32_t before = owner.load(std::memory_order_relaxed);
    if ((before == 0 || before == self || is_gone(before)) &&
        owner.compare_exchange_strong(before, self, std::memory_order_acq_rel)) {
      // What an ended thread was in the middle of will not return.
      std::atomic_ref number(call.number);
      number.store((number.load(std::memory_order_relaxed) + 1) & ~uint64_t{1},
                   std::memory_order_release);
      found = &call;
      break;
    }
  }
  errno = saved;
  return found;
}

}  // namespace

void watch_calls(const char* folder) {
  if (folder == nullptr || *folder == '\0' || watched_file.load() != nullptr) {
    return;
  }
  AliveFile* const file = map_alive_file(folder);
  if (file != nullptr) {
    file->head.apis = static_cast<uint64_t>(Api::count);
    watched_file.store(file, std::memory_order_release);
  }
}

void forget_watched_file() {
  own_slot = nullptr;
  watched_file.store(nullptr, std::memory_order_release);
}

AliveCall* call_slot() {
  AliveFile* const file = watched_file.load(std::memory_order_acquire);
  if (own_slot == nullptr && file != nullptr) {
    own_slot = claim_slot(*file);
  }
  return own_slot;
}

void OpenCall::begin(Api api) {
  AliveCall* const slot = call_slot();
  if (slot == nullptr) {
    return;
  }
  const uint64_t number = std::atomic_ref(slot->number).load(std::memory_order_relaxed);
  if ((number & 1U) != 0) {
    return;
  }
  slot_ = slot;
  number_ = number + 1;
  std::atomic_ref(slot->api).store(static_cast<uint32_t>(api), std::memory_order_relaxed);
  std::atomic_ref(slot->number).store(number_, std::memory_order_release);
}

}  // namespace rocmfix::hip
