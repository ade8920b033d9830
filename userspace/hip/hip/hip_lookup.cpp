// SPDX-License-Identifier: MIT
#include "hip/hip_lookup.hpp"

#include <dlfcn.h>
#include <link.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "hip/linker_scope.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

namespace {

/// One of HIP's functions, and the objects whose calls of it go there: for all others the linker
/// has to be asked. An object that is unloaded makes room for another at the same addresses; that
/// one would have to use another HIP, too, to be mistaken.
struct Function {
  struct Caller {
    std::atomic<uintptr_t> begin;
    std::atomic<uintptr_t> end;  // written last; 0: not there yet
  };

  std::atomic<void*> address;
  std::atomic<uint32_t> count;
  std::array<Caller, 24> callers;

  [[nodiscard]] bool is_for(const void* caller) const {
    const auto at = reinterpret_cast<uintptr_t>(caller);
    for (const Caller& it : callers) {
      const uintptr_t end = it.end.load(std::memory_order_acquire);
      if (end == 0) {
        return false;
      }
      if (at < end && it.begin.load(std::memory_order_relaxed) <= at) {
        return true;
      }
    }
    return false;
  }

  void remember(const AddressRange& caller) {
    if (caller.end == 0) {
      return;
    }
    const uint32_t index = count.fetch_add(1, std::memory_order_relaxed);
    if (index < callers.size()) {
      callers[index].begin.store(caller.begin, std::memory_order_relaxed);
      callers[index].end.store(caller.end, std::memory_order_release);
    } else {
      count.store(static_cast<uint32_t>(callers.size()), std::memory_order_relaxed);
    }
  }
};

std::array<Function, static_cast<size_t>(Api::count)> functions{};
std::atomic<void*> hip_handle{nullptr};

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

/// A reference to the HIP in this process, kept permanently: what we have looked up must not be
/// unloaded under us.
void* keep_hip(const char* path) {
  void* handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
  if (handle != nullptr) {
    memcpy(layer.hip_path.data(), path, strnlen(path, layer.hip_path.size() - 1));
    hip_handle.store(handle, std::memory_order_release);
  }
  return handle;
}

Mutex keeping;

/// By its name first, because dlsym(RTLD_NEXT) would see only a HIP in the global scope, and Python
/// opens its extensions RTLD_LOCAL.
void* open_hip() {
  void* handle = hip_handle.load(std::memory_order_acquire);
  if (handle != nullptr) {
    return handle;
  }
  static std::array<char, PATH_MAX> path;
  const Guard guard(keeping);
  handle = hip_handle.load(std::memory_order_acquire);
  if (handle == nullptr && dl_iterate_phdr(is_hip, path.data()) != 0) {
    handle = keep_hip(path.data());
  }
  return handle;
}

/// ROCr runs and no HIP has its usual name: `function`, which a caller has just been given, is of
/// the HIP that is here. Not one that is linked into its caller, which may want to be unloaded.
void adopt_hip(const void* function, const void* caller) {
  Dl_info object{};
  if (layer.state.load(std::memory_order_acquire) == State::asleep ||
      range_of(function).has(caller) || dladdr(function, &object) == 0 ||
      object.dli_fname == nullptr) {
    return;
  }
  const Guard guard(keeping);
  if (hip_handle.load(std::memory_order_acquire) == nullptr) {
    keep_hip(object.dli_fname);
  }
}

/// The linker's answer for a caller that is not known yet.
void* ask_linker(Function& function, const char* name, const void* caller) {
  void* const usual = function.address.load(std::memory_order_acquire);
  void* const answer = function_without_us(name, caller);
  if (answer == nullptr) {
    return usual;
  }
  if (answer == usual) {
    function.remember(range_of(caller));
  } else if (usual == nullptr) {
    adopt_hip(answer, caller);
  }
  return answer;
}

}  // namespace

void* find_in_hip(const char* name) {
  void* handle = open_hip();
  return handle == nullptr ? nullptr : dlsym(handle, name);
}

bool is_hip_here() {
  return open_hip() != nullptr;
}

void* real_function(Api api, const void* caller) {
  Function& function = functions[static_cast<size_t>(api)];
  void* usual = function.address.load(std::memory_order_acquire);
  if (usual == nullptr) {
    usual = find_in_hip(api_name(api));
    function.address.store(usual, std::memory_order_release);
  }
  if (caller == nullptr) {
    return usual;
  }
  // A call can be the last instruction of its object: the return address is then outside.
  const void* const call = static_cast<const char*>(caller) - 1;
  return usual != nullptr && function.is_for(call) ? usual
                                                   : ask_linker(function, api_name(api), call);
}

Api api_of_real_function(const void* function) {
  for (size_t i = 1; i < functions.size(); ++i) {
    const auto api = static_cast<Api>(i);
    if (api < Api::hsa_amd_memory_pool_allocate && real_function(api) == function) {
      return api;
    }
  }
  return Api::none;
}

}  // namespace rocmfix::hip
