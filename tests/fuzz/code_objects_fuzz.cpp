// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as a library, a bundle, a code object or a .kpack file. Besides what
// the sanitizers find it holds that a result is bounded, sorted and printable, and the same again.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "rocmfix/code_objects.hpp"

namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

bool is_target(const std::string& name) {
  return !name.empty() && name.size() <= 32 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void check_targets(const std::vector<std::string>& targets) {
  require(std::all_of(targets.begin(), targets.end(), is_target), "a target's name");
  require(std::is_sorted(targets.begin(), targets.end()), "the order of targets");
  require(std::adjacent_find(targets.begin(), targets.end()) == targets.end(), "a target twice");
}

void check_error(const rocmfix::Error& error) {
  require(!error.what.empty(), "an error's words");
}

void check_library(const std::string& path) {
  const auto first = rocmfix::read_code_objects(path);
  const auto second = rocmfix::read_code_objects(path);
  require(first.has_value() == second.has_value(), "the same bytes, another outcome");
  if (!first) {
    check_error(first.error());
    return;
  }
  check_targets(first->targets);
  require(first->targets == second->targets && first->bundles == second->bundles,
          "the same bytes, other targets");
  require(first->bundles <= 65536 && first->unread.size() <= 8, "bounds");
  require(first->bundles > 0 || !first->has_device_code(), "targets without a bundle");
  require(!first->complete() || first->wrappers == 0 || first->wrappers == first->bundles,
          "complete");
}

void check_kpack(const std::string& path) {
  const auto targets = rocmfix::read_kpack_targets(path);
  if (targets) {
    check_targets(*targets);
  } else {
    check_error(targets.error());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("input", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  check_library(path);
  check_kpack(path);
  return 0;
}
