// SPDX-License-Identifier: MIT
// The GPU as the process of a test sees it: kernels, memory, and the end of the process for an
// error that has a name.
#pragma once

#include <hip/hip_runtime_api.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "selftest/kernels/shared.hpp"
#include "selftest/test.hpp"

namespace rocmfix::selftest {

/// finish(failed) with the error's name.
void require(hipError_t error, const char* what);

/// The deadline of a test, and its passes.
class Passes {
 public:
  explicit Passes(const Task& task);
  /// True for the first pass, and as long as there is time.
  bool next();
  [[nodiscard]] std::uint32_t count() const { return count_; }
  /// Another for each pass.
  [[nodiscard]] std::uint32_t seed() const { return mixed(seed_ + count_); }
  [[nodiscard]] bool over() const { return std::chrono::steady_clock::now() >= end_; }
  /// finish(right) with the number of passes, and what they were made of.
  [[noreturn]] void finish_right(const std::string& of_what) const;

 private:
  std::chrono::steady_clock::time_point end_;
  std::uint32_t seed_;
  std::uint32_t count_ = 0;
};

class Gpu {
 public:
  /// Loads HIP and the kernels, and takes the device.
  explicit Gpu(const Task& task);
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  /// Starts `groups` workgroups of group_size threads on the stream (null: the default one).
  template <class... Arguments>
  void launch(const char* kernel, unsigned groups, hipStream_t stream, Arguments... arguments) {
    void* pointers[] = {&arguments...};
    launch_with(kernel, groups, group_size, stream, pointers);
  }
  /// One thread.
  template <class... Arguments>
  void launch_one(const char* kernel, Arguments... arguments) {
    void* pointers[] = {&arguments...};
    launch_with(kernel, 1, 1, nullptr, pointers);
  }
  /// Waits for everything on the stream.
  void wait(hipStream_t stream = nullptr, const char* what = "waiting for a kernel");

 private:
  void launch_with(const char* kernel, unsigned groups, unsigned threads, hipStream_t stream,
                   void** arguments);
  hipModule_t module_ = nullptr;
};

/// VRAM for a number of values, and copies of it.
template <class Value>
class Vram {
 public:
  explicit Vram(std::size_t count) : count_(count) {
    void* pointer = nullptr;
    require(hipMalloc(&pointer, count * sizeof(Value)), "hipMalloc");
    at_ = static_cast<Value*>(pointer);
  }
  explicit Vram(std::span<const Value> values) : Vram(values.size()) { write(values); }
  Vram(const Vram&) = delete;
  Vram& operator=(const Vram&) = delete;
  ~Vram() { static_cast<void>(hipFree(at_)); }

  [[nodiscard]] Value* at() const { return at_; }
  void write(std::span<const Value> values) {
    require(hipMemcpy(at_, values.data(), values.size_bytes(), hipMemcpyHostToDevice),
            "hipMemcpy to the GPU");
  }
  [[nodiscard]] std::vector<Value> read() const {
    std::vector<Value> values(count_);
    require(hipMemcpy(values.data(), at_, count_ * sizeof(Value), hipMemcpyDeviceToHost),
            "hipMemcpy from the GPU");
    return values;
  }

 private:
  std::size_t count_;
  Value* at_ = nullptr;
};

/// Where a verifying kernel writes what it finds.
class Finding {
 public:
  Finding();
  [[nodiscard]] Mismatch* at() const { return memory_.at(); }
  void clear();
  /// After the kernel. finish(wrong) where something was found, failed where fewer than `words`
  /// were looked at: the kernel did not run. `what` begins the sentence.
  void judge(std::uint64_t words, const std::string& what) const;

 private:
  Vram<Mismatch> memory_;
};

/// Compares what a kernel has computed with what this processor has. finish(wrong) with the first
/// difference; NaN is equal to NaN, and 0 not to -0.
template <class Value>
void compare(std::span<const Value> seen, std::span<const Value> expected, const char* what);

}  // namespace rocmfix::selftest
