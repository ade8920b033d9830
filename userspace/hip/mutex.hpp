// SPDX-License-Identifier: MIT
// pthread's mutex, as the interposer needs it: constant-initialised, so usable before any
// constructor has run; with a bounded wait, for the fault handler.
#ifndef ROCMFIX_HIP_MUTEX_HPP
#define ROCMFIX_HIP_MUTEX_HPP

#include <pthread.h>

#include <cstdint>
#include <ctime>

namespace rocmfix::hip {

class Mutex {
 public:
  constexpr Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  Mutex(Mutex&&) = delete;
  Mutex& operator=(Mutex&&) = delete;
  ~Mutex() = default;  // never destroyed: threads outlive static destructors

  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }
  bool lock_within(uint32_t milliseconds) {
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += static_cast<int64_t>(milliseconds) * 1'000'000;
    until.tv_sec += until.tv_nsec / 1'000'000'000;
    until.tv_nsec %= 1'000'000'000;
    return pthread_mutex_timedlock(&mutex_, &until) == 0;
  }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

class Guard {
 public:
  explicit Guard(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Guard() { mutex_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  Guard(Guard&&) = delete;
  Guard& operator=(Guard&&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace rocmfix::hip

#endif
