// SPDX-License-Identifier: MIT
#include "base/lzma_library.hpp"

#include <dlfcn.h>

#include <optional>

#include "base/library_symbol.hpp"

namespace rocmfix::detail {
namespace {

// The ABI that lzma.h, which the pointers are typed by, belongs to.
constexpr const char* soname = "liblzma.so.5";
static_assert(LZMA_VERSION_MAJOR == 5);

std::optional<LzmaLibrary> load() {
  // Never closed: its functions are in use until the process ends.
  void* const library = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return std::nullopt;
  }
  LzmaLibrary it{};
  const bool found = find_symbol(library, "lzma_stream_decoder", it.lzma_stream_decoder) &&
                     find_symbol(library, "lzma_code", it.lzma_code) &&
                     find_symbol(library, "lzma_end", it.lzma_end);
  return found ? std::optional(it) : std::nullopt;
}

}  // namespace

const LzmaLibrary* LzmaLibrary::get() {
  static const std::optional<LzmaLibrary> library = load();
  return library ? &*library : nullptr;
}

}  // namespace rocmfix::detail
