// SPDX-License-Identifier: MIT
// What `--coherence auto` looks up for one allocation: who calls, and is that a communication
// library; and for registered memory whether it is shared, with few and with many mappings. Run by
// bench/hip.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <sys/mman.h>

#include <vector>

#include "hip/caller.hpp"
#include "hip/communicators.hpp"
#include "hip/shared_mapping.hpp"

namespace rocmfix::hip {
namespace {

void who_calls(benchmark::State& state) {
  // A library in the middle of the list of names that fits none of them: the dearest answer.
  const void* const caller = dlsym(RTLD_DEFAULT, "malloc");
  for (auto _ : state) {
    const CallingObject object = calling_object(caller);
    benchmark::DoNotOptimize(is_communicator(object.file, "") ||
                             (object.soname != object.file && is_communicator(object.soname, "")));
  }
}
BENCHMARK(who_calls);

void is_it_shared(benchmark::State& state) {
  constexpr size_t page = 4096;
  std::vector<void*> mappings;
  for (int64_t i = 0; i < state.range(0); ++i) {
    // Of alternating rights, else the kernel joins them.
    mappings.push_back(mmap(nullptr, page, i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  }
  const int on_the_stack = 0;  // the last mapping of all: the whole list is read
  for (auto _ : state) {
    benchmark::DoNotOptimize(sharing_of(reinterpret_cast<uint64_t>(&on_the_stack), 1));
  }
  for (void* mapping : mappings) {
    munmap(mapping, page);
  }
}
BENCHMARK(is_it_shared)->Arg(0)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace rocmfix::hip

BENCHMARK_MAIN();
