// SPDX-License-Identifier: MIT
#include "execution.hpp"

#include <hip/hip_runtime.h>
#include <ucontext.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "protocol.hpp"
#include "shared.hpp"

using namespace rocmfix::litmus;
using namespace rocmfix::selftest;

extern "C" {
void litmus_play(Side*, Side*, Result*, uint32_t, uint32_t, Limits);
void selftest_fill(uint32_t*, uint64_t, uint32_t, uint32_t);
void selftest_verify(const uint32_t*, uint64_t, uint32_t, uint32_t, Mismatch*);
void selftest_copy(const uint32_t*, uint32_t*, uint64_t);
void selftest_lds(uint32_t, uint32_t, Mismatch*);
void selftest_scratch(uint32_t, Mismatch*);
void selftest_read_at(const uint32_t*, uint32_t*);
void selftest_write_at(uint32_t*, uint32_t*);
void selftest_float(const float*, const float*, const float*, float*, uint32_t);
void selftest_double(const double*, const double*, const double*, double*, uint32_t);
void selftest_half(const void*, const void*, const void*, void*, uint32_t);
void selftest_integer(const uint32_t*, const uint32_t*, uint32_t*, uint32_t);
void selftest_int8_tiles(const uint32_t*, const uint32_t*, int32_t*);
void selftest_float_tiles(const float*, const float*, float*);
void selftest_lanes(const uint32_t*, uint32_t*);
void selftest_atomics(uint32_t*, uint64_t*, uint32_t, uint32_t);
void selftest_lds_atomics(uint32_t*, uint32_t, uint32_t);
void selftest_host_atomics(uint32_t*, uint32_t);
}

namespace cpu {

thread_local Index thread_index, block_index, block_size, grid_size;

namespace {

template <auto Function>
struct Call;
template <class... Parameters, void (*Function)(Parameters...)>
struct Call<Function> {
  template <std::size_t... Number>
  static void with(void** arguments, std::index_sequence<Number...>) {
    Function(*static_cast<std::remove_cv_t<Parameters>*>(arguments[Number])...);
  }
  static void run(void** arguments) { with(arguments, std::index_sequence_for<Parameters...>()); }
};

#define KERNEL(name) \
  { #name, Call < name> ::run }
const std::map<std::string, Kernel> kernels = {
    KERNEL(litmus_play),         KERNEL(selftest_fill),        KERNEL(selftest_verify),
    KERNEL(selftest_copy),       KERNEL(selftest_lds),         KERNEL(selftest_scratch),
    KERNEL(selftest_read_at),    KERNEL(selftest_write_at),    KERNEL(selftest_float),
    KERNEL(selftest_double),     KERNEL(selftest_half),        KERNEL(selftest_integer),
    KERNEL(selftest_int8_tiles), KERNEL(selftest_float_tiles), KERNEL(selftest_lanes),
    KERNEL(selftest_atomics),    KERNEL(selftest_lds_atomics), KERNEL(selftest_host_atomics)};

// Those whose threads wait for each other.
const std::set<std::string> with_barriers = {"selftest_lds", "selftest_int8_tiles",
                                             "selftest_float_tiles", "selftest_lanes",
                                             "selftest_lds_atomics"};

/// The threads of one workgroup, as fibres.
class Group {
 public:
  Group(Kernel kernel, unsigned threads, void** arguments)
      : kernel_(kernel), arguments_(arguments), fibres_(threads) {
    for (unsigned i = 0; i < threads; ++i) {
      Fibre& fibre = fibres_[i];
      fibre.stack = std::make_unique<char[]>(stack_size);
      getcontext(&fibre.context);
      fibre.context.uc_stack.ss_sp = fibre.stack.get();
      fibre.context.uc_stack.ss_size = stack_size;
      fibre.context.uc_link = &scheduler_;
      makecontext(&fibre.context, enter, 0);
    }
  }

  void run() {
    running = this;
    for (std::size_t ended = 0; ended < fibres_.size();) {
      for (now_ = 0; now_ < fibres_.size(); ++now_) {
        if (!fibres_[now_].ended) {
          thread_index.x = static_cast<unsigned>(now_);
          swapcontext(&scheduler_, &fibres_[now_].context);
          ended += fibres_[now_].ended ? 1 : 0;
        }
      }
    }
    running = nullptr;
  }

  void yield() { swapcontext(&fibres_[now_].context, &scheduler_); }
  uint32_t& value_of(std::size_t thread) { return values_[thread]; }
  [[nodiscard]] std::size_t now() const { return now_; }

  static Group* running;

 private:
  static constexpr std::size_t stack_size = 64U << 10U;
  struct Fibre {
    ucontext_t context{};
    std::unique_ptr<char[]> stack;
    bool ended = false;
  };

  static void enter() {
    Group& group = *running;
    const std::size_t own = group.now_;
    group.kernel_(group.arguments_);
    group.fibres_[own].ended = true;
  }

  Kernel kernel_;
  void** arguments_;
  std::vector<Fibre> fibres_;
  std::array<uint32_t, 1024> values_{};
  std::size_t now_ = 0;
  ucontext_t scheduler_{};
};
Group* Group::running = nullptr;

}  // namespace

void barrier() {
  if (!wrong("no-barrier")) {
    Group::running->yield();
  }
}

uint32_t lane() {
  return thread_index.x % wave_size;
}

const uint32_t* exchange(uint32_t value) {
  // A copy for each thread: the next exchange may begin before every lane has read this one.
  static std::array<std::array<uint32_t, wave_size>, 1024> seen;
  Group& group = *Group::running;
  const std::size_t own = group.now();
  group.value_of(own) = value;
  group.yield();
  for (std::size_t i = 0; i < wave_size; ++i) {
    seen[own][i] = group.value_of(own / wave_size * wave_size + i);
  }
  group.yield();
  return seen[own].data();
}

Kernel find_kernel(const std::string& name) {
  const auto found = kernels.find(name);
  return found == kernels.end() ? nullptr : found->second;
}

void run_kernel(const std::string& name, unsigned groups, unsigned threads, void** arguments) {
  static std::mutex one_kernel;
  const std::lock_guard lock(one_kernel);
  const Kernel kernel = find_kernel(name);
  grid_size.x = groups;
  block_size.x = threads;
  for (block_index.x = 0; block_index.x < groups; ++block_index.x) {
    if (with_barriers.contains(name)) {
      Group(kernel, threads, arguments).run();
      continue;
    }
    for (thread_index.x = 0; thread_index.x < threads; ++thread_index.x) {
      kernel(arguments);
    }
  }
}

}  // namespace cpu
