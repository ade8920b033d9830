// SPDX-License-Identifier: MIT
#include "gpu/isa/launch.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

#include "gpu/isa/workgroup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim::isa {

namespace {

// As hardware has memory for the scratch of so many waves, and no more.
unsigned most_resident(const KernelDescriptor& descriptor, const Launch& launch) {
  constexpr u64 most_scratch = 1ULL << 30U;
  const u64 lanes = descriptor.wave32() ? 32 : 64;
  const u64 items = u64{launch.workgroup[0]} * launch.workgroup[1] * launch.workgroup[2];
  const u64 scratch = (items + lanes - 1) / lanes * lanes * launch.private_size;
  return static_cast<unsigned>(std::max<u64>(1, most_scratch / std::max<u64>(1, scratch)));
}

class Dispatch {
 public:
  Dispatch(Program& program, const KernelDescriptor& descriptor, const Launch& launch)
      : program_(program), descriptor_(descriptor), launch_(launch) {
    for (unsigned i = 0; i < 3; ++i) {
      const u64 rounded_up = u64{launch.grid.at(i)} + launch.workgroup.at(i) - 1;
      groups_.at(i) = static_cast<u32>(rounded_up / launch.workgroup.at(i));
    }
    if (__builtin_mul_overflow(u64{groups_[0]} * groups_[1], u64{groups_[2]}, &total_)) {
      total_ = ~u64{0};  // more than there is time for
    }
    resident_ = std::min(launch.resident, most_resident(descriptor, launch));
    outcome_.stop.why = Stop::Why::end;
  }

  Outcome run() {
    const auto threads = static_cast<unsigned>(std::min<u64>({total_, launch_.threads, resident_}));
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) {
      others.emplace_back([this] { work(); });
    }
    work();
    for (std::thread& thread : others) {
      thread.join();
    }
    return outcome_;
  }

 private:
  // The next workgroup to run: new ones as long as there is room for them. nullptr: none.
  std::unique_ptr<Workgroup> take() {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return nullptr;
    }
    if (next_ < total_ && live_ < resident_) {
      const u64 index = next_++;
      ++live_;
      const std::array<u32, 3> id = {static_cast<u32>(index % groups_[0]),
                                     static_cast<u32>(index / groups_[0] % groups_[1]),
                                     static_cast<u32>(index / groups_[0] / groups_[1])};
      return std::make_unique<Workgroup>(descriptor_, launch_, id);
    }
    if (waiting_.empty()) {
      return nullptr;
    }
    auto group = std::move(waiting_.front());
    waiting_.pop_front();
    return group;
  }

  // After some turns. `group` is kept if it has more to do.
  void put_back(std::unique_ptr<Workgroup> group, bool more, const Counts& counts) {
    const std::lock_guard lock(mutex_);
    outcome_.instructions += counts.instructions;
    outcome_.lane_instructions += counts.lane_instructions;
    if (stopped_) {
      return;
    }
    if (group->problem() != nullptr) {
      stopped_ = true;
      outcome_.stop = *group->problem();
    } else if (launch_.cancelled && launch_.cancelled()) {
      stopped_ = true;
      outcome_.cancelled = true;
    } else if (outcome_.instructions > launch_.instruction_limit) {
      stopped_ = true;
      outcome_.stop.why = Stop::Why::limit;
      outcome_.stop.what = formatted("more than {} instructions", launch_.instruction_limit);
    } else if (more) {
      waiting_.push_back(std::move(group));
    } else {
      --live_;
    }
  }

  void work() {
    const auto memory = launch_.memory();
    Program::Cursor cursor;
    constexpr unsigned turns = 16;
    while (auto group = take()) {
      Counts counts;
      bool more = true;
      for (unsigned i = 0; i < turns && more; ++i) {
        more = group->run(program_, *memory, cursor, counts);
      }
      put_back(std::move(group), more, counts);
    }
  }

  Program& program_;
  const KernelDescriptor& descriptor_;
  const Launch& launch_;
  std::array<u32, 3> groups_{};
  u64 total_ = 0;
  std::mutex mutex_;
  u64 next_ = 0;
  unsigned resident_ = 0;
  unsigned live_ = 0;
  bool stopped_ = false;
  std::deque<std::unique_ptr<Workgroup>> waiting_;
  Outcome outcome_;
};

}  // namespace

std::string check_launch(const KernelDescriptor& descriptor, const Launch& launch) {
  constexpr u32 most_items = 1024;
  constexpr u32 most_lds = 64U << 10U;
  // COMPUTE_TMPRING_SIZE: at most 8 MiB a wave.
  const u32 most_scratch = (8U << 20U) / (descriptor.wave32() ? 32 : 64);
  const u64 items = u64{launch.workgroup[0]} * launch.workgroup[1] * launch.workgroup[2];
  if (items == 0 || items > most_items) {
    return formatted("a workgroup of {} work-items; 1 to {} are possible", items, most_items);
  }
  if (std::any_of(launch.grid.begin(), launch.grid.end(), [](u32 n) { return n == 0; })) {
    return "a grid without work-items";
  }
  if (launch.group_size > most_lds) {
    return formatted("{} bytes of LDS; a workgroup has at most {}", launch.group_size, most_lds);
  }
  if (launch.private_size > most_scratch) {
    return formatted("{} bytes of scratch a work-item; {} are possible", launch.private_size,
                     most_scratch);
  }
  if (launch.private_size < descriptor.private_size || launch.group_size < descriptor.group_size) {
    return "less LDS or scratch than the kernel's descriptor asks for";
  }
  return {};
}

Outcome execute(Program& program, const KernelDescriptor& descriptor, const Launch& launch) {
  return Dispatch(program, descriptor, launch).run();
}

}  // namespace rocmfix::sim::isa
