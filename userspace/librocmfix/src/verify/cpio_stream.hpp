// SPDX-License-Identifier: MIT
// The entries of an initramfs image: any number of uncompressed newc archives (early microcode,
// firmware, modules that are compressed one by one), then at most one that is compressed, with any
// number of archives in it. As the kernel unpacks it: newc and nothing else.
//
// Streams: holds no entry. How much is read is limited (image_budget.hpp).
#pragma once

#include <cstdint>
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

/// `size` is the file's, `name` is for messages. Errors: io; invalid when truncated or damaged;
/// refused when it was not read to its end, because that would be too much; failed for a
/// compression that is not known here.
Result<void> read_initramfs_stream(int fd, std::uint64_t size, const std::string& name,
                                   CpioVisitor& visitor);

}  // namespace rocmfix::detail
