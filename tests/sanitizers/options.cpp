// SPDX-License-Identifier: MIT
// Part of every program of a sanitizer build: what is found goes to files in BUILD/found, so that
// it counts also where nothing checks a child's stderr or exit status. ASAN_OPTIONS and the like
// win.
#include <sanitizer/common_interface_defs.h>

#define EXPORTED extern "C" __attribute__((visibility("default"), used))

EXPORTED const char* __asan_default_options();
EXPORTED const char* __ubsan_default_options();
EXPORTED const char* __tsan_default_options();

// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers' names
const char* __asan_default_options() {
  // What is preloaded is built without it, and comes before its runtime. Cores are tested.
  return "log_path=" ROCMFIX_FOUND
         "/asan:detect_stack_use_after_return=1:exitcode=86"
         ":verify_asan_link_order=0:disable_coredump=0";
}

const char* __ubsan_default_options() {
  return "log_path=" ROCMFIX_FOUND "/ubsan:print_stacktrace=1";
}

// A launcher forks, and the child continues.
const char* __tsan_default_options() {
  return "log_path=" ROCMFIX_FOUND "/tsan:die_after_fork=0:exitcode=86:disable_coredump=0";
}
// NOLINTEND(bugprone-reserved-identifier)
