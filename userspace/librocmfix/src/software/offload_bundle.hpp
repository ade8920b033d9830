// SPDX-License-Identifier: MIT
// Rows of clang's offload bundles ("fat binaries"): .hip_fatbin of a library, or a whole file.
//
// Owns: the walk from bundle to bundle. A bundle's table of ids is read, its code never.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

/// What a row of bundles holds.
class BundleFindings {
 public:
  void add_target(std::string target) { targets_.insert(std::move(target)); }
  void add_bundle() { ++bundles_; }
  /// A sentence about what could not be read. Each once, the first few.
  void add_unread(std::string why);

  [[nodiscard]] const std::set<std::string>& targets() const { return targets_; }
  [[nodiscard]] std::uint64_t bundles() const { return bundles_; }
  [[nodiscard]] const std::vector<std::string>& unread() const { return unread_; }

 private:
  std::set<std::string> targets_;
  std::uint64_t bundles_ = 0;
  std::vector<std::string> unread_;
};

bool is_bundle(std::string_view first_bytes);

struct FileRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Adds what the bundles in `range` of `file` hold. Errors: io; invalid when a bundle is malformed
/// or truncated, or there are too many.
Result<void> read_bundles(const RegularFile& file, FileRange range, BundleFindings& findings);

}  // namespace rocmfix::detail
