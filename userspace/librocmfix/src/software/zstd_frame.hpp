// SPDX-License-Identifier: MIT
// Where a zstd frame ends, from the headers of its blocks alone (RFC 8878, 3.1.1): libzstd's own
// function for it takes the whole frame in memory, which may be gigabytes.
#pragma once

#include <cstdint>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

/// Takes from `blocks_left` what it passes over, so that a file of empty blocks comes to an end.
/// Errors: io; invalid when [begin, end) does not begin with a whole frame, or no block is left.
Result<std::uint64_t> find_zstd_frame_end(const RegularFile& file, std::uint64_t begin,
                                          std::uint64_t end, std::uint64_t& blocks_left);

}  // namespace rocmfix::detail
