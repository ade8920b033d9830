// SPDX-License-Identifier: MIT
// A regular file of unknown origin, read by pread(2): a mapping would end the process by SIGBUS
// when somebody truncates the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {

class RootRecorder;

class RegularFile {
 public:
  /// Errors: io; invalid when it is not a regular file.
  static Result<RegularFile> open(const Root& root, std::string_view path);
  /// Takes the descriptor. `name` is for messages.
  static Result<RegularFile> adopt(FileDescriptor fd, std::string name);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Exactly `length` bytes. Errors: io; invalid when the file ends before.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t length) const;
  /// The same for a search through much, most of which is of no interest to a recorder; note()
  /// tells it of what is.
  [[nodiscard]] Result<std::string> scan(std::uint64_t offset, std::size_t length) const;
  void note(std::uint64_t offset, std::string_view bytes) const;

  /// An error about the content: "NAME: WHAT".
  [[nodiscard]] Error malformed(std::string_view what) const;

 private:
  RegularFile(FileDescriptor fd, std::string name, std::uint64_t size)
      : fd_(std::move(fd)), name_(std::move(name)), size_(size) {}

  FileDescriptor fd_;
  std::string name_;
  std::uint64_t size_ = 0;
  RootRecorder* recorder_ = nullptr;
  std::string path_;  // inside the root; set with the recorder alone
};

/// Little-endian numbers at `offset`, which the caller has checked.
std::uint16_t read_u16(std::string_view bytes, std::size_t offset);
std::uint32_t read_u32(std::string_view bytes, std::size_t offset);
std::uint64_t read_u64(std::string_view bytes, std::size_t offset);

}  // namespace rocmfix::detail
