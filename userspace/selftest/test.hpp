// SPDX-License-Identifier: MIT
// A test of the self-test: what it is called, what it does in a process of its own, and what it
// says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rocmfix::selftest {

/// What became of a test. Its words, in text and JSON, are in outcome_word().
enum class Outcome : std::uint8_t {
  right,
  wrong,        ///< it computed, and something else than it should
  stale,        ///< somebody did not see what another had written, although memory was coherent
  silent,       ///< an access that is not allowed was not reported
  fault,        ///< a GPU memory fault that nobody asked for
  hang,         ///< it did not end in time
  crash,        ///< a signal ended it, and no GPU fault was reported
  failed,       ///< the runtime refused something: an error with a name
  unavailable,  ///< this card, driver or runtime does not have what it tests
  skipped,      ///< it was left out, for a reason that is told
  slow,         ///< right, and slower than the CPU
};

std::string_view outcome_word(Outcome outcome);
/// right, slow, unavailable and skipped are no complaint.
bool is_complaint(Outcome outcome);

struct Figure {
  std::string name;  ///< with its unit: "checked_mib"
  double value = 0;
};

/// What the process of a test is asked for.
struct Task {
  std::uint32_t seed = 1;
  double seconds = 1;            ///< passes are begun until then; at least one is made
  int device = 0;                ///< HIP's number
  std::uint64_t memory_mib = 0;  ///< at most; 0: half of what is free
  std::string code;              ///< the kernels' file
  std::string hip;               ///< the runtime's file; "": found by ld.so
  std::string python;            ///< that has PyTorch; "": none was named
  std::string torch_cases;       ///< torch/cases.py
};

/// Never returns: it ends by finish() (verdict.hpp), or is ended.
using TestFunction = void (*)(const Task& task, int argument);

struct Test {
  std::string_view name;
  std::string_view group;
  std::string_view summary;
  TestFunction run = nullptr;
  int argument = 0;     ///< of `run`: which of its kind
  unsigned weight = 0;  ///< its share of the time; 0: one pass
  bool faults = false;  ///< it makes the GPU fault on purpose, in its process
  /// A variable of the environment, "NAME=VALUE"; "": none. The initialiser is for g++, which warns
  /// of aggregates that leave a member out.
  std::string_view sets = {};  // NOLINT(readability-redundant-member-init)
  double patience_s = 0;       ///< beyond the limit of others: compilers and searches run in it
};

/// In the order in which they are run.
std::span<const Test> all_tests();

// One file each in tests/.
void test_runtime(const Task& task, int argument);
void test_memory(const Task& task, int litmus_kind);
void test_copies(const Task& task, int how);
void test_churn(const Task& task, int argument);
void test_lds(const Task& task, int argument);
void test_scratch(const Task& task, int argument);
void test_coherence(const Task& task, int litmus_case);
void test_atomics(const Task& task, int where);
void test_lanes(const Task& task, int argument);
void test_integer(const Task& task, int argument);
void test_float(const Task& task, int argument);
void test_double(const Task& task, int argument);
void test_half(const Task& task, int argument);
void test_int8_tiles(const Task& task, int argument);
void test_float_tiles(const Task& task, int argument);
void test_fault(const Task& task, int access);
void test_recovery(const Task& task, int argument);
void test_torch(const Task& task, int torch_case);

}  // namespace rocmfix::selftest
