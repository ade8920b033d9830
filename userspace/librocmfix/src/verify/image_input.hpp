// SPDX-License-Identifier: MIT
// The bytes of an initramfs image: of the file, and of a packed archive in it.
//
// libarchive unpacks, one layer and of the kind that the first bytes say: left to itself it would
// unpack what comes out, too, and a small file in a dozen layers has no end. Never runs a
// decompressor program. Takes what comes out from the budget.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive_library.hpp"
#include "rocmfix/error.hpp"
#include "verify/image_budget.hpp"

namespace rocmfix::detail {

class ImageInput {
 public:
  ImageInput() : buffer_(1U << 18U) {}
  ImageInput(const ImageInput&) = delete;
  ImageInput& operator=(const ImageInput&) = delete;
  ImageInput(ImageInput&&) = delete;
  ImageInput& operator=(ImageInput&&) = delete;
  virtual ~ImageInput() = default;

  /// Up to `count` bytes without consuming them; fewer at the end, or after an error.
  std::string_view peek(std::size_t count);
  /// What is there, at least one byte unless at the end, consumed.
  std::string_view take(std::size_t most);
  void consume(std::size_t count) { begin_ += count; }
  /// Zero bytes, as they fill the room between archives.
  void skip_zeros();
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 protected:
  /// Up to `size` bytes; 0 at the end, or with error_ set.
  virtual std::size_t more(char* buffer, std::size_t size) = 0;
  std::optional<Error> error_;

 private:
  bool fill();

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class ImageFile : public ImageInput {
 public:
  ImageFile(int fd, std::string name, ImageBudget& budget)
      : fd_(fd), name_(std::move(name)), budget_(&budget) {}
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] ImageBudget& budget() const { return *budget_; }
  /// Errors: refused, saying what was not looked at.
  [[nodiscard]] Error used_up() const;

 private:
  std::size_t more(char* buffer, std::size_t size) override;

  int fd_;
  std::string name_;
  ImageBudget* budget_;
};

class PackedImage : public ImageInput {
 public:
  /// From where `file` is.
  explicit PackedImage(ImageFile& file);

 private:
  std::size_t more(char* buffer, std::size_t size) override;
  void open();
  static la_ssize_t give(archive* reader, void* self, const void** bytes);

  ImageFile* file_;
  const ArchiveLibrary* library_;
  ArchiveLibrary::Reader reader_;
};

}  // namespace rocmfix::detail
