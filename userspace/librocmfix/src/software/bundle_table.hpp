// SPDX-License-Identifier: MIT
// The table of ids at the head of a plain bundle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "software/offload_bundle.hpp"

namespace rocmfix::detail {

constexpr std::string_view plain_magic = "__CLANG_OFFLOAD_BUNDLE__";
/// No longer table is read; one of 40 targets has 4 KiB. With what was read to find the bundle, 8
/// KiB at most, this makes 64 KiB a bundle.
constexpr std::size_t most_table_bytes = 56U << 10U;

enum class TableState {
  read,       ///< `end` is set
  too_short,  ///< the table continues behind `bytes`
  malformed,
};

struct Table {
  TableState state = TableState::malformed;
  std::uint64_t end = 0;  ///< of the bundle, from its beginning
};

/// `bytes` begins with a plain bundle, which has `size` bytes at most. Adds its targets to
/// `findings` when all of the table is there.
Table read_table(std::string_view bytes, std::uint64_t size, BundleFindings& findings);

}  // namespace rocmfix::detail
