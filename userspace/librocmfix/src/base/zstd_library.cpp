// SPDX-License-Identifier: MIT
#include "base/zstd_library.hpp"

#include <dlfcn.h>

#include <optional>

#include "base/library_symbol.hpp"

namespace rocmfix::detail {
namespace {

// The ABI that zstd.h, which the pointers are typed by, belongs to.
constexpr const char* soname = "libzstd.so.1";
static_assert(ZSTD_VERSION_MAJOR == 1);

std::optional<ZstdLibrary> load() {
  // Never closed: its functions are in use until the process ends.
  void* const library = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return std::nullopt;
  }
  ZstdLibrary it{};
  const bool found = find_symbol(library, "ZSTD_createDCtx", it.ZSTD_createDCtx) &&
                     find_symbol(library, "ZSTD_freeDCtx", it.ZSTD_freeDCtx) &&
                     find_symbol(library, "ZSTD_DCtx_reset", it.ZSTD_DCtx_reset) &&
                     find_symbol(library, "ZSTD_decompressStream", it.ZSTD_decompressStream) &&
                     find_symbol(library, "ZSTD_isError", it.ZSTD_isError);
  return found ? std::optional(it) : std::nullopt;
}

}  // namespace

const ZstdLibrary* ZstdLibrary::get() {
  static const std::optional<ZstdLibrary> library = load();
  return library ? &*library : nullptr;
}

}  // namespace rocmfix::detail
