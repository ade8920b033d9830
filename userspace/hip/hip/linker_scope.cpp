// SPDX-License-Identifier: MIT
#include "hip/linker_scope.hpp"

#include <dlfcn.h>
#include <link.h>

#include <array>
#include <cstring>

#include "mutex.hpp"

namespace rocmfix::hip {

namespace {

/// An object's functions by its file name; nullptr also for the program, which has none.
void* function_of(const char* file, const char* name) {
  if (file == nullptr || *file == '\0') {
    return nullptr;
  }
  void* handle = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) {
    return nullptr;
  }
  void* function = dlsym(handle, name);
  dlclose(handle);
  return function;
}

/// Another preload that precedes us comes to us for the next function: its own would send it
/// round in a circle. A plugin with HIP linked into it means its own.
bool is_ahead_of_us(const AddressRange& object, const char* name) {
  return object.has(dlsym(RTLD_DEFAULT, name));
}

/// The file names of all loaded objects, one after the other. Copied, because the linker's lock for
/// the list must not be held while dlopen() takes the one for loading.
struct Names {
  std::array<char, size_t{256} * 1024> text;
  size_t used;
};

int copy_name(dl_phdr_info* object, size_t /*size*/, void* to) {
  auto& names = *static_cast<Names*>(to);
  const size_t length = object->dlpi_name == nullptr ? 0 : strlen(object->dlpi_name);
  if (length > 0 && names.used + length + 1 <= names.text.size()) {
    memcpy(names.text.data() + names.used, object->dlpi_name, length + 1);
    names.used += length + 1;
  }
  return 0;
}

void* function_of_any(const char* name, const AddressRange& ours, const AddressRange& callers) {
  static Names names;
  static Mutex mutex;
  const Guard guard(mutex);
  names.used = 0;
  dl_iterate_phdr(copy_name, &names);
  for (size_t at = 0; at < names.used; at += strlen(names.text.data() + at) + 1) {
    void* function = function_of(names.text.data() + at, name);
    if (function != nullptr && !ours.has(function) && !callers.has(function)) {
      return function;
    }
  }
  return nullptr;
}

}  // namespace

AddressRange range_of(const void* address) {
  dl_find_object found{};
  if (address == nullptr || _dl_find_object(const_cast<void*>(address), &found) != 0) {
    return {};
  }
  return {reinterpret_cast<uintptr_t>(found.dlfo_map_start),
          reinterpret_cast<uintptr_t>(found.dlfo_map_end)};
}

void* function_without_us(const char* name, const void* caller) {
  void* function = dlsym(RTLD_NEXT, name);
  if (function != nullptr) {
    return function;
  }
  const AddressRange ours = range_of(reinterpret_cast<const void*>(&function_without_us));
  const AddressRange callers = range_of(caller);
  Dl_info object{};
  if (dladdr(caller, &object) != 0) {
    function = function_of(object.dli_fname, name);
  }
  const bool usable = function != nullptr && !ours.has(function) &&
                      !(callers.has(function) && is_ahead_of_us(callers, name));
  return usable ? function : function_of_any(name, ours, callers);
}

}  // namespace rocmfix::hip
