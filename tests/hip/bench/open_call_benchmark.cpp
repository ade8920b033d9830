// SPDX-License-Identifier: MIT
// What it costs to show that a thread is in a HIP call: where nobody watches, and where rocmfix-run
// does. Run by bench/alive.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "alive/open_call.hpp"

namespace rocmfix::hip {
namespace {

void mark(benchmark::State& state) {
  for (auto _ : state) {
    const OpenCall call(Api::hipMemcpy);
    benchmark::ClobberMemory();
  }
}

void not_watched(benchmark::State& state) {
  watch_calls("");
  mark(state);
}
BENCHMARK(not_watched);

void watched(benchmark::State& state) {
  std::string folder = "/tmp/open_call_benchmark.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    state.SkipWithError("no folder in /tmp");
    return;
  }
  watch_calls(folder.c_str());
  mark(state);
  forget_watched_file();
  static_cast<void>(unlink((folder + "/" + alive_name(getpid()).data()).c_str()));
  rmdir(folder.c_str());
}
BENCHMARK(watched);

}  // namespace
}  // namespace rocmfix::hip

BENCHMARK_MAIN();
