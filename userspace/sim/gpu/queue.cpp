// SPDX-License-Identifier: MIT
#include "gpu/queue.hpp"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <ctime>

#include "control/configuration.hpp"
#include "control/journal.hpp"
#include "gpu/signal_memory.hpp"
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

std::uint64_t Queue::runtime_queue() const {
  constexpr std::uint64_t write_index = 56;  // amd_queue_t::write_dispatch_id
  return parameters_.write_pointer - write_index;
}

// kfd_send_exception_to_runtime(): the context save area begins with where to say it, and by which
// event.
bool Queue::tell_by_event(QueueError error) {
  struct Header {
    std::uint32_t places[6];
    std::uint64_t payload;
    std::uint32_t event, reserved;
  };
  constexpr unsigned first_minor = 13;
  Header header{};
  if (configuration()->kernel.kfd_minor < first_minor || parameters_.context_save == 0 ||
      process_.memory.read(parameters_.gpu, parameters_.context_save, &header, sizeof header) ||
      header.payload == 0 || header.event == 0) {
    return false;
  }
  auto* const payload = reinterpret_cast<std::atomic<std::uint64_t>*>(
      process_.memory.pointer(parameters_.gpu, header.payload, 8));
  if (payload == nullptr) {
    return false;
  }
  payload->fetch_or(std::uint64_t{1} << (static_cast<unsigned>(error) - 1),
                    std::memory_order_acq_rel);
  return process_.events.set(header.event);
}

// Before that, the trap handler itself: into the signal that ROCr has in amd_queue_t for it.
bool Queue::tell_by_signal(QueueError error) {
  constexpr std::uint64_t inactive_signal = 192;
  std::uint64_t handle = 0;
  if (process_.memory.read(parameters_.gpu, runtime_queue() + inactive_signal, &handle, 8) ||
      handle == 0) {
    return false;
  }
  SignalMemory* const signal = signal_at(process_, parameters_.gpu, handle);
  if (signal == nullptr) {
    return false;
  }
  const std::int64_t code = error == QueueError::illegal_instruction  ? 0x40000000
                            : error == QueueError::aperture_violation ? 0x20000000
                                                                      : 0x80000000;
  const std::uint64_t mailbox = signal->event_mailbox;
  const std::uint32_t event = signal->event_id;
  signal->value.fetch_or(code, std::memory_order_acq_rel);
  if (char* const slot =
          mailbox == 0 ? nullptr : process_.memory.pointer(parameters_.gpu, mailbox, 8)) {
    *reinterpret_cast<std::uint64_t*>(slot) = event;
  }
  return process_.events.set(event);
}

void Queue::raise_error(QueueError error, const std::string& what) {
  const bool told = tell_by_event(error) || tell_by_signal(error);
  JournalLine("queue_error")
      .unsigned_number("gpu", gpus()[parameters_.gpu].gpu_id)
      .unsigned_number("queue", parameters_.id)
      .unsigned_number("error", static_cast<unsigned>(error))
      .text("cause", what)
      .number("told", told ? 1 : 0);
  if (!told) {
    refuse(parameters_.ring, "the runtime has not said how it wants to hear of a queue's errors");
  }
}

void Queue::refuse(std::uint64_t address, const std::string& what) {
  complain(formatted("error: {}; a GPU memory fault is raised", what));
  MemoryFault fault{address};
  fault.no_execute = true;
  process_.raise_memory_fault(parameters_.gpu, fault, what);
}

}  // namespace rocmfix::sim
