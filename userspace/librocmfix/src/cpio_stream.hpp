// SPDX-License-Identifier: MIT
// The entries of an initramfs image: any number of uncompressed newc archives (early microcode,
// firmware, modules that are compressed one by one), then at most one compressed archive.
//
// Owns: the walk over the leading archives, which libarchive would take for the whole image.
// libarchive reads the rest. Streams: holds no entry. Never runs a decompressor program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rocmfix/error.hpp"

namespace rocmfix::detail {

/// Told of each regular file in turn.
class CpioVisitor {
 public:
  CpioVisitor() = default;
  CpioVisitor(const CpioVisitor&) = delete;
  CpioVisitor& operator=(const CpioVisitor&) = delete;
  CpioVisitor(CpioVisitor&&) = delete;
  CpioVisitor& operator=(CpioVisitor&&) = delete;
  virtual ~CpioVisitor() = default;
  /// False: its bytes are not wanted. `path` begins with "/".
  virtual bool begin(const std::string& path) = 0;
  virtual void data(std::string_view bytes) = 0;
  virtual void end() = 0;
};

/// `name` is for messages. Errors: io; invalid when truncated or damaged; failed for a
/// compression that is not known here.
Result<void> read_initramfs_stream(int fd, const std::string& name, CpioVisitor& visitor);

}  // namespace rocmfix::detail
