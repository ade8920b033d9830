// SPDX-License-Identifier: MIT
// zlib, opened when the first module that is packed with gzip is read and not at program start.
//
// Thread-safety: get() may be called from several threads.
#pragma once

#include <zlib.h>

namespace rocmfix::detail {

/// The functions that are used, each under its own name.
struct ZlibLibrary {
  decltype(&::inflateInit2_) inflateInit2_;
  decltype(&::inflate) inflate;
  decltype(&::inflateReset) inflateReset;
  decltype(&::inflateEnd) inflateEnd;

  /// nullptr when zlib is not installed or lacks one of them.
  static const ZlibLibrary* get();
};

}  // namespace rocmfix::detail
