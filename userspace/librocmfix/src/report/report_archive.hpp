// SPDX-License-Identifier: MIT
// A ReportTree as a .tar.zst, and back into a folder. libarchive does both; it is opened when it is
// needed (base/archive_library.hpp).
//
// What is unpacked is foreign: only folders, regular files and links are made, below the folder
// alone, and their number and sizes are limited, whatever the archive says.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "report/report_tree.hpp"

namespace rocmfix::detail {

/// False: it could not be written.
using ByteSink = std::function<bool(std::string_view)>;

/// Errors: failed when libarchive is not installed or has no zstd; io when `sink` says false.
Result<void> pack_report(const ReportTree& tree, const ByteSink& sink);

struct UnpackLimits {
  std::size_t entries = 100'000;
  std::size_t name = 4096;                  ///< bytes of a path, or of a link's target
  std::size_t depth = 64;                   ///< folders in a path
  std::uint64_t data = 256U << 20U;         ///< bytes that are written
  std::uint64_t packed = 256U << 20U;       ///< bytes that are read
  std::uint64_t file_size = 64ULL << 30U;   ///< of one file, holes included
  std::uint64_t apparent = 1024ULL << 30U;  ///< of all files
};

/// Unpacks what `fd` has, a regular file at its start, into `folder`, which is empty. `name` is for
/// messages. Errors: invalid when it is no report or exceeds a limit; io.
Result<void> unpack_report(int fd, const std::string& name, const std::string& folder,
                           const UnpackLimits& limits = {});

}  // namespace rocmfix::detail
