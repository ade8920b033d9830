// SPDX-License-Identifier: MIT
// Attributes of shared virtual memory, by page range, as kfd_svm.c keeps them. Knows no lock: its
// owner has one.
#pragma once

#include <linux/kfd_ioctl.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace rocmfix::sim {

struct SvmAttributes {
  std::uint32_t flags = 0;
  std::uint32_t preferred = 0;  ///< a gpu id, or KFD_IOCTL_SVM_LOCATION_*
  std::uint32_t prefetch = 0;
  std::uint32_t granularity = 0;
  std::uint64_t access = 0;  ///< bit a GPU: mapped there (ACCESS or ACCESS_IN_PLACE)
  std::uint64_t in_place = 0;
  bool operator==(const SvmAttributes&) const = default;
};

class SvmRanges {
 public:
  /// svm_range_set_default_attributes(): HOST_ACCESS and COHERENT.
  static SvmAttributes defaults();

  /// The range that holds `address`, with where it ends; nullopt: nothing was ever set there.
  struct Range {
    std::uint64_t start, end;
    SvmAttributes attributes;
  };
  [[nodiscard]] std::optional<Range> find(std::uint64_t address) const;

  /// Splits at the edges and changes every page of [start, end).
  template <class Change>
  void change(std::uint64_t start, std::uint64_t end, Change change_one) {
    fill_holes(start, end);
    split(start);
    split(end);
    for (auto at = ranges_.lower_bound(start); at != ranges_.end() && at->first < end; ++at) {
      change_one(at->second.attributes);
    }
    merge(start, end);
  }

  /// Calls `look` for the attributes of every piece of [start, end), defaults where nothing is set.
  template <class Look>
  void each(std::uint64_t start, std::uint64_t end, Look look) const {
    for (std::uint64_t at = start; at < end;) {
      if (const auto range = find(at)) {
        look(range->attributes);
        at = range->end;
      } else {
        look(defaults());
        const auto next = ranges_.lower_bound(at);
        at = next == ranges_.end() ? end : next->first;
      }
    }
  }

  /// The process has unmapped it.
  void forget(std::uint64_t start, std::uint64_t end);

 private:
  struct Piece {
    std::uint64_t end;
    SvmAttributes attributes;
  };
  void split(std::uint64_t address);
  void fill_holes(std::uint64_t start, std::uint64_t end);
  void merge(std::uint64_t start, std::uint64_t end);
  std::map<std::uint64_t, Piece> ranges_;
};

}  // namespace rocmfix::sim
