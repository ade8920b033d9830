// SPDX-License-Identifier: MIT
// Which HIP call each thread is in, where rocmfix-run can see it (alive_file.hpp): a call that
// never returns is what a GPU that hangs looks like from outside. Two stores a call, no clock, no
// lock: how long a call has been open is measured by who reads. Nothing where nobody watches.
#ifndef ROCMFIX_HIP_OPEN_CALL_HPP
#define ROCMFIX_HIP_OPEN_CALL_HPP

#include <atomic>

#include "alive/alive_file.hpp"
#include "hip/apis.hpp"

namespace rocmfix::hip {

/// nullptr: nobody watches.
extern constinit std::atomic<AliveFile*> watched_file;

/// Begins to show calls, if there is a folder. Once a process.
void watch_calls(const char* folder);
/// In a forked child: the file is its parent's.
void forget_watched_file();

/// This thread's slot; nullptr: there is none left.
AliveCall* call_slot();

/// One that is made within another of the same thread does not count.
class OpenCall {
 public:
  explicit OpenCall(Api api) {
    if (watched_file.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
      begin(api);
    }
  }
  ~OpenCall() {
    if (slot_ != nullptr) [[unlikely]] {
      std::atomic_ref(slot_->number).store(number_ + 1, std::memory_order_release);
    }
  }
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;
  OpenCall(OpenCall&&) = delete;
  OpenCall& operator=(OpenCall&&) = delete;

 private:
  void begin(Api api);

  AliveCall* slot_ = nullptr;
  uint64_t number_ = 0;
};

}  // namespace rocmfix::hip

#endif
