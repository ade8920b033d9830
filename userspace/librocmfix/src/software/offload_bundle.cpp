// SPDX-License-Identifier: MIT
#include "software/offload_bundle.hpp"

#include <algorithm>

#include "software/bundle_table.hpp"
#include "software/compressed_bundle.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

// PyTorch's largest library has some 2000. Each costs a read or two.
constexpr std::uint64_t most_bundles = 65536;
constexpr std::size_t most_unread = 8;
// The linker aligns bundles to 4096 and fills the gaps with zeros. A longer gap is not searched: it
// may be a hole of gigabytes, as kpack leaves it.
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t longest_gap = 64U << 10U;

// What is read behind a bundle: up to the next page, where the next one is expected, and its table.
std::uint64_t window_end(std::uint64_t at, std::uint64_t end) {
  const std::uint64_t rounded = at / page * page;
  const std::uint64_t next = rounded == at ? at : rounded + page;
  return next < end && end - next > page ? next + page : end;
}

class Walk {
 public:
  Walk(const RegularFile& file, FileRange range, BundleFindings& findings)
      : file_(file), range_(range), findings_(findings), compressed_(file) {}

  Result<void> run() {
    std::uint64_t at = range_.begin;
    while (at < range_.end) {
      auto found = find_next(at);
      if (!found) {
        return fail(std::move(found.error()));
      }
      if (!*found) {
        return {};
      }
      if (findings_.bundles() == most_bundles) {
        return fail(file_.malformed(formatted("more than {} bundles", most_bundles)));
      }
      findings_.add_bundle();
      auto end = window_.compare(in_window_, compressed_magic.size(), compressed_magic) == 0
                     ? compressed_.read({window_begin_ + in_window_, range_.end}, findings_)
                     : read_plain();
      if (!end) {
        return fail(std::move(end.error()));
      }
      at = *end;
    }
    return {};
  }

 private:
  // Fills the window so that a magic is in it, at in_window_. False: no bundle follows.
  Result<bool> find_next(std::uint64_t at) {
    for (const std::uint64_t begin = at; at < range_.end && at - begin <= longest_gap;) {
      const std::uint64_t end = window_end(at, range_.end);
      auto bytes = file_.read(at, std::min<std::uint64_t>(end - at, 2 * page));
      if (!bytes) {
        return fail(std::move(bytes.error()));
      }
      window_ = std::move(*bytes);
      window_begin_ = at;
      in_window_ = std::min(window_.find(plain_magic), window_.find(compressed_magic));
      if (in_window_ != std::string::npos) {
        return true;
      }
      // A magic may lie across the windows.
      if (at + window_.size() == range_.end) {
        return false;
      }
      at += window_.size() - (plain_magic.size() - 1);
    }
    return false;
  }

  Result<std::uint64_t> read_plain() {
    const std::uint64_t begin = window_begin_ + in_window_;
    const std::uint64_t size = range_.end - begin;
    Table table = read_table(std::string_view(window_).substr(in_window_), size, findings_);
    if (table.state == TableState::too_short) {
      const auto bytes = file_.read(begin, std::min<std::uint64_t>(size, most_table_bytes));
      if (!bytes) {
        return fail(bytes.error());
      }
      table = read_table(*bytes, size, findings_);
    }
    if (table.state != TableState::read) {
      return fail(file_.malformed("a bundle without a proper table, or that is truncated"));
    }
    return begin + table.end;
  }

  const RegularFile& file_;
  const FileRange range_;
  BundleFindings& findings_;
  CompressedBundleReader compressed_;
  std::string window_;
  std::uint64_t window_begin_ = 0;
  std::size_t in_window_ = 0;
};

}  // namespace

void BundleFindings::add_unread(std::string why) {
  if (unread_.size() < most_unread &&
      std::find(unread_.begin(), unread_.end(), why) == unread_.end()) {
    unread_.push_back(std::move(why));
  }
}

bool is_bundle(std::string_view first_bytes) {
  return first_bytes.starts_with(plain_magic) || first_bytes.starts_with(compressed_magic);
}

Result<void> read_bundles(const RegularFile& file, FileRange range, BundleFindings& findings) {
  return Walk(file, range, findings).run();
}

}  // namespace rocmfix::detail
