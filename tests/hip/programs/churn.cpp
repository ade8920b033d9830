// SPDX-License-Identifier: MIT
// churn SECONDS THREADS: threads that allocate and free at random in every way. At the end the
// layer's ledger is printed, a line of JSON a live block, for the test to hold against the journal.
#include <dlfcn.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "hip.hpp"
#include "ledger/live_blocks.hpp"

namespace {

struct Held {
  void* p;
  int way;
};
std::atomic<uint64_t> operations{0};
std::atomic<uint64_t> failures{0};

bool take(std::mt19937& random, Held& held) {
  const size_t size = 4096 + random() % (1 << 20);
  held = {nullptr, static_cast<int>(random() % 5)};
  hipError_t error = hipSuccess;
  switch (held.way) {
    case 0:
    case 1:
      error = hipMalloc(&held.p, size);
      break;
    case 2:
      error = hipHostMalloc(&held.p, size, random() % 3 == 0 ? hipHostMallocCoherent : 0);
      break;
    case 3:
      error = hipMallocManaged(&held.p, size, hipMemAttachGlobal);
      break;
    default:
      held.p = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
      error = hipHostRegister(held.p, size, 0);
      if (error != hipSuccess) {
        free(held.p);
      }
  }
  return error == hipSuccess;
}

bool give_back(const Held& held) {
  if (held.way == 2) {
    return hipHostFree(held.p) == hipSuccess;
  }
  if (held.way == 4) {
    const bool well = hipHostUnregister(held.p) == hipSuccess;
    free(held.p);
    return well;
  }
  return hipFree(held.p) == hipSuccess;
}

void work(unsigned seed, std::chrono::steady_clock::time_point until) {
  std::mt19937 random(seed);
  std::vector<Held> mine;
  while (std::chrono::steady_clock::now() < until) {
    Held held;
    if (mine.empty() || (mine.size() < 64 && random() % 2 == 0)) {
      if (take(random, held)) {
        mine.push_back(held);
      } else {
        ++failures;
      }
    } else {
      const size_t index = random() % mine.size();
      held = mine[index];
      mine[index] = mine.back();
      mine.pop_back();
      failures += give_back(held) ? 0 : 1;
    }
    ++operations;
  }
  // Every second one stays, for the comparison.
  for (size_t i = 0; i < mine.size(); i += 2) {
    failures += give_back(mine[i]) ? 0 : 1;
  }
}

void print(void*, const RocmfixLiveBlock* block) {
  printf(
      "{\"address\": \"0x%lx\", \"gpu_address\": \"0x%lx\", \"size\": %lu, "
      "\"charged\": %lu, \"time\": %lu, \"of_program\": %d}\n",
      block->address, block->gpu_address, block->size, block->charged, block->time,
      block->of_program);
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? atoi(argv[1]) : 5;
  const unsigned threads = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 8;
  check(hipInit(0));
  void* first = nullptr;  // so that what the runtime makes for itself is there before
  check(hipMalloc(&first, 4096));
  check(hipHostMalloc(&first, 4096, 0));
  check(hipDeviceSynchronize());
  // The ledger's clock is some milliseconds behind.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  timespec begin{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> running;
  for (unsigned t = 0; t < threads; ++t) {
    running.emplace_back(work, t + 1, until);
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  check(hipDeviceSynchronize());
  const auto visit = reinterpret_cast<decltype(&rocmfix_hip_live_blocks)>(
      dlsym(RTLD_DEFAULT, "rocmfix_hip_live_blocks"));
  if (visit != nullptr) {
    visit(print, nullptr);
  }
  printf("{\"operations\": %lu, \"failures\": %lu, \"begin\": %ld}\n", operations.load(),
         failures.load(), begin.tv_sec * 1000000000 + begin.tv_nsec);
  fflush(stdout);
  // What is live now is what the journal must say; so nothing is torn down.
  _Exit(failures == 0 ? 0 : 1);
}
