// SPDX-License-Identifier: MIT
#include "base/zlib_library.hpp"

#include <dlfcn.h>

#include <optional>

#include "base/library_symbol.hpp"

namespace rocmfix::detail {
namespace {

// The ABI that zlib.h, which the pointers are typed by, belongs to.
constexpr const char* soname = "libz.so.1";
static_assert(ZLIB_VER_MAJOR == 1);

std::optional<ZlibLibrary> load() {
  // Never closed: its functions are in use until the process ends.
  void* const library = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return std::nullopt;
  }
  ZlibLibrary it{};
  const bool found = find_symbol(library, "inflateInit2_", it.inflateInit2_) &&
                     find_symbol(library, "inflate", it.inflate) &&
                     find_symbol(library, "inflateReset", it.inflateReset) &&
                     find_symbol(library, "inflateEnd", it.inflateEnd);
  return found ? std::optional(it) : std::nullopt;
}

}  // namespace

const ZlibLibrary* ZlibLibrary::get() {
  static const std::optional<ZlibLibrary> library = load();
  return library ? &*library : nullptr;
}

}  // namespace rocmfix::detail
