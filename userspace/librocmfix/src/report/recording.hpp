// SPDX-License-Identifier: MIT
// Keeps what was read through a Root: a report has exactly that, as it was read.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/captured_facts.hpp"
#include "base/root_recorder.hpp"

namespace rocmfix::detail {

/// How a path was used.
struct Recorded {
  CapturedNode node;
  std::vector<std::string> names;  ///< that were listed
  std::optional<std::string> content;
  std::map<std::uint64_t, std::string> ranges;  ///< by offset; they may overlap
  std::optional<std::uint64_t> size;            ///< of the file that the ranges are of
  ReadFor purpose = ReadFor::all;
};

class Recording : public RootRecorder {
 public:
  /// What is kept, of all files together. Of torch it is some MB, of a packed module 5.
  static constexpr std::size_t most_bytes = 192U << 20U;

  void asked(std::string_view path, int errnum) override;
  void status(std::string_view path, const FileStatus& status) override;
  void opened(std::string_view path, int errnum) override;
  void listed(std::string_view path, const std::vector<std::string>& names) override;
  void content(std::string_view path, std::string_view bytes) override;
  void range(std::string_view path, std::uint64_t size, std::uint64_t offset,
             std::string_view bytes) override;
  void read_for(std::string_view path, ReadFor purpose) override;

  /// When nothing is recorded any more.
  [[nodiscard]] const std::map<std::string, Recorded, std::less<>>& paths() const { return paths_; }
  /// False: `most_bytes` were not enough.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  Recorded& at(std::string_view path);
  bool keep(std::size_t bytes);

  std::mutex mutex_;
  std::map<std::string, Recorded, std::less<>> paths_;
  std::size_t bytes_ = 0;
  bool complete_ = true;
};

}  // namespace rocmfix::detail
