// SPDX-License-Identifier: MIT
// The results file of a trial: a line for everything that happened, written and synchronised before
// the next thing happens. After a crash or a power loss it has all lines but perhaps the last.
//
// Each line has a checksum over it and over the one before. That finds damage and careless edits;
// it proves nothing against somebody who computes the checksums, too.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rocmfix/error.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::trial {

using Json = nlohmann::ordered_json;

class Journal {
 public:
  static constexpr const char* file_name = "journal.jsonl";

  /// A new one in `directory`, which is made and must be new. Errors: io.
  static Result<Journal> create(const std::string& directory);
  /// To be continued: alone, and without a last line that was not written whole. Errors: io;
  /// invalid, with the line's number, for one that was changed; refused for one that is in use, or
  /// no regular file.
  static Result<Journal> open(const std::string& directory);

  /// Of a full disk nothing is left in the file. Errors: io.
  Result<void> append(const Json& entry);

  [[nodiscard]] const std::vector<Json>& entries() const { return entries_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// A last line was cut off, and is gone.
  [[nodiscard]] bool was_cut() const { return was_cut_; }

 private:
  Journal(std::string directory, FileDescriptor fd)
      : directory_(std::move(directory)), fd_(std::move(fd)) {}
  Result<void> load();
  Result<void> take(std::string_view line, std::size_t number);
  [[nodiscard]] std::string path() const;

  std::string directory_;
  FileDescriptor fd_;
  std::vector<Json> entries_;
  std::uint32_t chain_ = 0;  ///< the checksum of the last line
  std::int64_t length_ = 0;
  bool was_cut_ = false;
};

}  // namespace rocmfix::trial
