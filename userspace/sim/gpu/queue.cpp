// SPDX-License-Identifier: MIT
#include "gpu/queue.hpp"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <ctime>

#include "control/journal.hpp"
#include "kfd/kfd_abi.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// The program's signals are not for this thread.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  BlockedSignals(BlockedSignals&&) = delete;
  BlockedSignals& operator=(BlockedSignals&&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Queue::Queue(Process& process, const Parameters& parameters)
    : process_(process), parameters_(parameters) {}

bool Queue::resolve() {
  AddressSpace& memory = process_.memory;
  const unsigned gpu = parameters_.gpu;
  ring_ = memory.pointer(gpu, parameters_.ring, parameters_.ring_size, &holds_[0]);
  char* const read = memory.pointer(gpu, parameters_.read_pointer, 8, &holds_[1]);
  char* const write = memory.pointer(gpu, parameters_.write_pointer, 8, &holds_[2]);
  read_ = reinterpret_cast<std::atomic<std::uint64_t>*>(read);
  write_ = reinterpret_cast<std::atomic<std::uint64_t>*>(write);
  return ring_ != nullptr && read != nullptr && write != nullptr;
}

std::unique_ptr<Queue> Queue::start(Process& process, const Parameters& parameters) {
  std::unique_ptr<Queue> queue(new Queue(process, parameters));
  if (!queue->resolve()) {
    return nullptr;
  }
  const BlockedSignals blocked;
  if (parameters.type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL) {
    queue->thread_ = std::thread([q = queue.get()] { run_aql(*q); });
  } else if (parameters.type != KFD_IOC_QUEUE_TYPE_COMPUTE) {
    queue->thread_ = std::thread([q = queue.get()] { run_sdma(*q); });
  }
  return queue;
}

Queue::~Queue() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool Queue::stopped() const {
  return stop_ || process_.halted[parameters_.gpu];
}

void Queue::pause(unsigned& rounds) const {
  constexpr unsigned spins = 64;
  constexpr unsigned short_naps = 400;
  if (++rounds < spins) {
    sched_yield();
    return;
  }
  // An idle queue costs little; one that has just had work answers quickly.
  const timespec nap{0, rounds < short_naps ? 20'000 : 500'000};
  nanosleep(&nap, nullptr);
}

std::uint64_t Queue::wait_for_work(std::uint64_t done) {
  for (unsigned rounds = 0; !stopped(); pause(rounds)) {
    const std::uint64_t written = write_->load(std::memory_order_acquire);
    if (written > done) {
      return written;
    }
  }
  return done;
}

void Queue::publish_read_pointer(std::uint64_t value) {
  read_->store(value, std::memory_order_release);
}

void Queue::fault(const MemoryFault& what, std::string_view cause) {
  process_.raise_memory_fault(parameters_.gpu, what, cause);
}

void Queue::refuse(std::uint64_t address, const std::string& what) {
  complain(formatted("error: {}; a GPU memory fault is raised", what));
  MemoryFault fault{address};
  fault.no_execute = true;
  process_.raise_memory_fault(parameters_.gpu, fault, what);
}

}  // namespace rocmfix::sim
