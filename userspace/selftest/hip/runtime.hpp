// SPDX-License-Identifier: MIT
// The HIP runtime, loaded when it is needed: of whatever release, and only in the process of a
// test.
#pragma once

#include <string>

#include "rocmfix/error.hpp"

namespace rocmfix::selftest {

/// Before any other call. `library`: a file; "": the newest that ld.so finds. HIP's functions are
/// then those of the library, or those that are preloaded before it: the HIP interposer's. Errors:
/// not_applicable, with a hint, where there is none.
Result<void> load_hip(const std::string& library);

/// The file that is loaded; empty before.
std::string hip_file();

/// An address of a function that not every release has; nullptr where there is none.
void* hip_function(const char* name);

}  // namespace rocmfix::selftest
