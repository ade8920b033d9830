// SPDX-License-Identifier: MIT
// Faults on purpose: is an access that is not allowed reported, and does the next process work? The
// process of such a test is expected to die; what that means is child.cpp's to say.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "selftest/gpu.hpp"
#include "selftest/hip/runtime.hpp"
#include "selftest/hip/virtual_memory.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

enum Access { read_unmapped, write_unmapped, write_read_only };

/// Addresses that nobody else gets, and that no GPU has a page for.
void* unmapped() {
  constexpr std::size_t size = 1U << 21U;
  void* const at =
      mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    finish(Outcome::failed, "no addresses are left");
  }
  return at;
}

void* target_of(Access access, int device) {
  if (access != write_read_only) {
    return unmapped();
  }
  const auto at = map_read_only(device);
  if (!at) {
    finish(Outcome::unavailable, at.error().what);
  }
  return *at;
}

[[noreturn]] void access_and_say(Gpu& gpu, Access access, void* at) {
  Vram<std::uint32_t> done(2);
  const std::vector<std::uint32_t> zeros(2);
  done.write(zeros);
  say_armed();
  if (access == read_unmapped) {
    gpu.launch_one("selftest_read_at", static_cast<const std::uint32_t*>(at), done.at());
  } else {
    gpu.launch_one("selftest_write_at", static_cast<std::uint32_t*>(at), done.at());
  }
  // ROCm 7 reports it as an error of the call, older ones by ending the process.
  const hipError_t error = hipDeviceSynchronize();
  if (error != hipSuccess) {
    finish(Outcome::right, formatted("reported as {}", hipGetErrorName(error)));
  }
  finish(done.read().front() == 1 ? Outcome::silent : Outcome::failed,
         done.read().front() == 1 ? "the kernel went on as if nothing were wrong"
                                  : "the kernel was not executed");
}

/// In a child, before this process uses HIP: how the fault ended does not matter here.
void fault_in_child(const Task& task) {
  const pid_t child = fork();
  if (child == 0) {
    // What it says is not this test's verdict.
    dup2(STDERR_FILENO, STDOUT_FILENO);
    test_fault(task, read_unmapped);
  }
  constexpr int most_tenths = 300;
  for (int i = 0; i < most_tenths; ++i) {
    if (waitpid(child, nullptr, WNOHANG) == child) {
      return;
    }
    usleep(100'000);
  }
  kill(child, SIGKILL);
  usleep(1'000'000);
  if (waitpid(child, nullptr, WNOHANG) != child) {
    finish(Outcome::wrong, "the process that met a fault cannot be ended");
  }
}

}  // namespace

void test_fault(const Task& task, int access) {
  Gpu gpu(task);
  const auto which = static_cast<Access>(access);
  access_and_say(gpu, which, target_of(which, task.device));
}

void test_recovery(const Task& task, int /*argument*/) {
  fault_in_child(task);
  test_scratch(task, 0);
}

}  // namespace rocmfix::selftest
