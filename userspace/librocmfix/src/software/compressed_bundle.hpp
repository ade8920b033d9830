// SPDX-License-Identifier: MIT
// A compressed bundle ("CCOB"): its header, and the first bytes of the plain bundle inside.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/zstd_library.hpp"
#include "software/offload_bundle.hpp"

namespace rocmfix::detail {

constexpr std::string_view compressed_magic = "CCOB";

/// One for a whole file: libzstd's context is of use again.
class CompressedBundleReader {
 public:
  explicit CompressedBundleReader(const RegularFile& file) : file_(file) {}

  /// The bundle at range.begin, which range.end bounds: adds its targets, or why they are not
  /// known. Its end; range.end when the end is not known. Errors: io; invalid when malformed or
  /// truncated.
  Result<std::uint64_t> read(FileRange range, BundleFindings& findings);

 private:
  Result<void> read_inside(FileRange frame, std::uint64_t plain_size, BundleFindings& findings);

  const RegularFile& file_;
  ZstdLibrary::Context context_{nullptr, nullptr};
  // A library of a gigabyte, packed, has some 60000.
  std::uint64_t blocks_left_ = 1U << 20U;
};

}  // namespace rocmfix::detail
