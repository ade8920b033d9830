// SPDX-License-Identifier: MIT
// Finds a function of a library that was opened at run time.
#pragma once

#include <dlfcn.h>

namespace rocmfix::detail {

/// False, and a null pointer, when the library does not have it.
template <class Function>
bool find_symbol(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace rocmfix::detail
