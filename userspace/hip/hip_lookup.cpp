// SPDX-License-Identifier: MIT
#include "hip_lookup.hpp"

#include <dlfcn.h>
#include <link.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string_view>

#include "layer.hpp"

namespace rocmfix::hip {

namespace {

std::array<std::atomic<void*>, static_cast<size_t>(Api::count)> known{};
std::atomic<void*> hip_handle{nullptr};
std::atomic<bool> several{false};

/// "libamdhip64.so", "libamdhip64.so.6", and the wheels' "libamdhip64-1a2b3c.so".
int is_hip(dl_phdr_info* object, size_t /*size*/, void* path) {
  const std::string_view name = object->dlpi_name == nullptr ? "" : object->dlpi_name;
  std::string_view base = name;
  base.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  if (!base.starts_with("libamdhip64") || base.find(".so") == std::string_view::npos ||
      name.size() >= PATH_MAX) {
    return 0;
  }
  memcpy(path, name.data(), name.size() + 1);
  return 1;
}

/// A reference to the HIP in this process, kept for good: what we have looked up must not be
/// unloaded under us. dlsym(RTLD_NEXT) would see only a HIP in the global scope, and Python opens
/// its extensions RTLD_LOCAL.
void* open_hip() {
  void* handle = hip_handle.load(std::memory_order_acquire);
  if (handle != nullptr) {
    return handle;
  }
  static std::array<char, PATH_MAX> path;
  static Mutex mutex;
  const Guard guard(mutex);
  handle = hip_handle.load(std::memory_order_acquire);
  if (handle == nullptr && dl_iterate_phdr(is_hip, path.data()) != 0) {
    handle = dlopen(path.data(), RTLD_LAZY | RTLD_NOLOAD);
    if (handle != nullptr) {
      memcpy(layer.hip_path.data(), path.data(), path.size());
      hip_handle.store(handle, std::memory_order_release);
    }
  }
  return handle;
}

/// What the linker would have bound the caller to without us: a HIP among the libraries that its
/// own object needs.
void* find_for(const void* caller, const char* name) {
  Dl_info info{};
  if (dladdr(caller, &info) == 0 || info.dli_fname == nullptr) {
    return nullptr;
  }
  void* handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) {
    return dlsym(RTLD_NEXT, name);  // the program itself
  }
  void* function = dlsym(handle, name);
  dlclose(handle);
  return function;
}

}  // namespace

void* find_in_hip(const char* name) {
  void* handle = open_hip();
  return handle == nullptr ? nullptr : dlsym(handle, name);
}

void expect_several_hips() {
  several.store(true, std::memory_order_release);
}

void* real_function(Api api, const void* caller) {
  if (caller != nullptr && several.load(std::memory_order_acquire)) {
    if (void* function = find_for(caller, api_name(api)); function != nullptr) {
      return function;
    }
  }
  std::atomic<void*>& slot = known[static_cast<size_t>(api)];
  void* function = slot.load(std::memory_order_acquire);
  if (function == nullptr) {
    function = find_in_hip(api_name(api));
    slot.store(function, std::memory_order_release);
  }
  return function;
}

Api api_of_real_function(const void* function) {
  for (size_t i = 1; i < known.size(); ++i) {
    const auto api = static_cast<Api>(i);
    if (api < Api::hsa_amd_memory_pool_allocate && real_function(api) == function) {
      return api;
    }
  }
  return Api::none;
}

}  // namespace rocmfix::hip
