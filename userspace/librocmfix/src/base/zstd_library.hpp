// SPDX-License-Identifier: MIT
// libzstd, opened when the first compressed bundle is read and not at program start: a launch that
// meets none does not load it.
//
// Thread-safety: get() may be called from several threads.
#pragma once

#include <zstd.h>

#include <memory>

namespace rocmfix::detail {

/// The functions that are used, each under its own name.
struct ZstdLibrary {
  decltype(&::ZSTD_createDCtx) ZSTD_createDCtx;
  decltype(&::ZSTD_freeDCtx) ZSTD_freeDCtx;
  decltype(&::ZSTD_DCtx_reset) ZSTD_DCtx_reset;
  decltype(&::ZSTD_decompressStream) ZSTD_decompressStream;
  decltype(&::ZSTD_isError) ZSTD_isError;

  /// nullptr when libzstd is not installed or lacks one of them.
  static const ZstdLibrary* get();

  using Context = std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)>;
};

}  // namespace rocmfix::detail
