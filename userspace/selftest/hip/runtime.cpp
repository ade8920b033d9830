// SPDX-License-Identifier: MIT
#include "selftest/hip/runtime.hpp"

#include <dlfcn.h>
#include <hip/hip_runtime_api.h>

#include <cstdio>
#include <cstdlib>

#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

void* loaded = nullptr;

/// By the first address that has it in the process's own order, in which what is preloaded comes
/// first.
void* find(const char* name) {
  void* const first = dlsym(RTLD_DEFAULT, name);
  return first != nullptr ? first : dlsym(loaded, name);
}

/// A function that every release has is missing: no HIP, whatever else it is.
void* find_or_end(const char* name) {
  void* const found = loaded == nullptr ? nullptr : find(name);
  if (found == nullptr) {
    static_cast<void>(std::printf("failed the HIP library has no %s\n", name));
    static_cast<void>(std::fflush(stdout));
    std::_Exit(EXIT_FAILURE);
  }
  return found;
}

}  // namespace

Result<void> load_hip(const std::string& library) {
  std::string reason;
  // Only the newest of those that are installed has the driver's newest interface.
  for (const char* const name :
       {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"}) {
    loaded = dlopen(library.empty() ? name : library.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (loaded != nullptr) {
      return {};
    }
    const char* const said = dlerror();
    reason = said == nullptr ? "" : said;
    if (!library.empty()) {
      break;
    }
  }
  return fail({ErrorCode::not_applicable,
               library.empty() ? "there is no HIP runtime: " + reason : "cannot load " + reason, 0,
               "install one (Debian: apt install libamdhip64-5), or name PyTorch's own: --hip "
               ".../torch/lib/libamdhip64.so"});
}

std::string hip_file() {
  Dl_info info{};
  void* const known = loaded == nullptr ? nullptr : dlsym(loaded, "hipRuntimeGetVersion");
  return known != nullptr && dladdr(known, &info) != 0 ? info.dli_fname : "";
}

void* hip_function(const char* name) {
  return loaded == nullptr ? nullptr : find(name);
}

}  // namespace rocmfix::selftest

// HIP's functions as calls of what is loaded. They are hidden: a preloaded interposer is asked
// first. NOLINTBEGIN(bugprone-macro-parentheses): parameters are no expressions
#define HIP_CALL(name, parameters, arguments)                                     \
  extern "C" hipError_t name parameters {                                         \
    static const auto call =                                                      \
        reinterpret_cast<decltype(&name)>(rocmfix::selftest::find_or_end(#name)); \
    return call arguments;                                                        \
  }
#include "hip/functions.h"
#undef HIP_CALL
// NOLINTEND(bugprone-macro-parentheses)

extern "C" const char* hipGetErrorName(hipError_t error) {
  static const auto call = reinterpret_cast<decltype(&hipGetErrorName)>(
      rocmfix::selftest::find_or_end("hipGetErrorName"));
  return call(error);
}
