// SPDX-License-Identifier: MIT
// toml++, the way that rocmfix uses it: header only, no exceptions, and safe with any text.
//
// toml++ 3.3 and 3.4 take some malformed texts ("[\n", "a = ]") for impossible: they assert(),
// which ends the process in a build without NDEBUG, as Debian's are, and promise the compiler that
// it does not happen in one with it. Right behind each such promise they look, and report an error.
// So their asserts are nothing here, in either build.
#pragma once

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
