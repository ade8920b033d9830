// SPDX-License-Identifier: MIT
#include "selftest/gpu.hpp"

#include <bit>
#include <cmath>
#include <type_traits>

#include "selftest/hip/runtime.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

void require(hipError_t error, const char* what) {
  if (error == hipSuccess) {
    return;
  }
  finish(Outcome::failed, formatted("{}: {}", what, hipGetErrorName(error)));
}

Passes::Passes(const Task& task)
    : end_(std::chrono::steady_clock::now() +
           std::chrono::milliseconds(static_cast<std::int64_t>(task.seconds * 1000))),
      seed_(task.seed) {}

bool Passes::next() {
  if (count_ > 0 && over()) {
    return false;
  }
  ++count_;
  return true;
}

void Passes::finish_right(const std::string& of_what) const {
  say_figure("passes", count_);
  finish(Outcome::right, formatted("{} pass{} of {}", count_, count_ == 1 ? "" : "es", of_what));
}

Gpu::Gpu(const Task& task) {
  if (const auto loaded = load_hip(task.hip); !loaded) {
    finish(Outcome::unavailable, loaded.error().what);
  }
  int count = 0;
  require(hipGetDeviceCount(&count), "hipGetDeviceCount");
  if (task.device >= count) {
    finish(Outcome::unavailable, formatted("there is no GPU {}", task.device));
  }
  require(hipSetDevice(task.device), "hipSetDevice");
  require(hipModuleLoad(&module_, task.code.c_str()), "loading the kernels");
}

void Gpu::launch_with(const char* kernel, unsigned groups, unsigned threads, hipStream_t stream,
                      void** arguments) {
  hipFunction_t function = nullptr;
  require(hipModuleGetFunction(&function, module_, kernel), kernel);
  require(
      hipModuleLaunchKernel(function, groups, 1, 1, threads, 1, 1, 0, stream, arguments, nullptr),
      kernel);
}

void Gpu::wait(hipStream_t stream, const char* what) {
  require(stream == nullptr ? hipDeviceSynchronize() : hipStreamSynchronize(stream), what);
}

Finding::Finding() : memory_(1) {
  clear();
}

void Finding::clear() {
  const Mismatch nothing{};
  memory_.write({&nothing, 1});
}

void Finding::judge(std::uint64_t words, const std::string& what) const {
  const Mismatch found = memory_.read().front();
  if (found.count != 0) {
    finish(Outcome::wrong,
           formatted("{}: {} of {} words, such as word {}: {:#010x} instead of {:#010x}", what,
                     found.count, words, found.index, found.seen, found.expected));
  }
  if (found.done != static_cast<std::uint32_t>(words)) {
    finish(Outcome::failed, formatted("{}: the kernel looked at {} of {} words", what, found.done,
                                      static_cast<std::uint32_t>(words)));
  }
}

namespace {

template <class Value>
bool same(Value a, Value b) {
  if constexpr (std::is_floating_point_v<Value>) {
    return a == b ? std::signbit(a) == std::signbit(b) : std::isnan(a) && std::isnan(b);
  } else {
    return a == b;
  }
}

}  // namespace

template <class Value>
void compare(std::span<const Value> seen, std::span<const Value> expected, const char* what) {
  std::size_t count = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!same(seen[i], expected[i])) {
      first = count == 0 ? i : first;
      ++count;
    }
  }
  if (count != 0) {
    finish(Outcome::wrong,
           formatted("{}: {} of {} results, such as number {}: {} instead of {}", what, count,
                     expected.size(), first, seen[first], expected[first]));
  }
}

template void compare(std::span<const std::uint32_t>, std::span<const std::uint32_t>, const char*);
template void compare(std::span<const std::uint64_t>, std::span<const std::uint64_t>, const char*);
template void compare(std::span<const std::int32_t>, std::span<const std::int32_t>, const char*);
template void compare(std::span<const float>, std::span<const float>, const char*);
template void compare(std::span<const double>, std::span<const double>, const char*);

}  // namespace rocmfix::selftest
