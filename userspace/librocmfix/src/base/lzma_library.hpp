// SPDX-License-Identifier: MIT
// liblzma, opened when the first module that is packed with xz is read and not at program start.
//
// Thread-safety: get() may be called from several threads.
#pragma once

#include <lzma.h>

namespace rocmfix::detail {

/// The functions that are used, each under its own name.
struct LzmaLibrary {
  decltype(&::lzma_stream_decoder) lzma_stream_decoder;
  decltype(&::lzma_code) lzma_code;
  decltype(&::lzma_end) lzma_end;

  /// nullptr when liblzma is not installed or lacks one of them.
  static const LzmaLibrary* get();
};

}  // namespace rocmfix::detail
