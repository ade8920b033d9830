// SPDX-License-Identifier: MIT
#include "verify/image_input.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "rocmfix/install_hint.hpp"

namespace rocmfix::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t piece = 1U << 18U;

using Support = decltype(&::archive_read_support_filter_gzip);

struct PackingKind {
  std::string_view magic;
  int code;
  Support ArchiveLibrary::*support;
};

// What mkinitramfs and dracut offer, but for lzop.
constexpr std::array<PackingKind, 7> kinds = {{
    {"\x1f\x8b"sv, ARCHIVE_FILTER_GZIP, &ArchiveLibrary::archive_read_support_filter_gzip},
    {"\xfd\x37zXZ"sv, ARCHIVE_FILTER_XZ, &ArchiveLibrary::archive_read_support_filter_xz},
    {"\x28\xb5\x2f\xfd"sv, ARCHIVE_FILTER_ZSTD, &ArchiveLibrary::archive_read_support_filter_zstd},
    {"\x02\x21L\x18"sv, ARCHIVE_FILTER_LZ4, &ArchiveLibrary::archive_read_support_filter_lz4},
    {"\x04\x22M\x18"sv, ARCHIVE_FILTER_LZ4, &ArchiveLibrary::archive_read_support_filter_lz4},
    {"BZh"sv, ARCHIVE_FILTER_BZIP2, &ArchiveLibrary::archive_read_support_filter_bzip2},
    {"\x5d\0\0"sv, ARCHIVE_FILTER_LZMA, &ArchiveLibrary::archive_read_support_filter_lzma},
}};

}  // namespace

std::string_view ImageInput::peek(std::size_t count) {
  while (end_ - begin_ < count && fill()) {
  }
  return {buffer_.data() + begin_, std::min(count, end_ - begin_)};
}

std::string_view ImageInput::take(std::size_t most) {
  if (begin_ == end_) {
    fill();
  }
  const std::string_view bytes(buffer_.data() + begin_, std::min(most, end_ - begin_));
  begin_ += bytes.size();
  return bytes;
}

void ImageInput::skip_zeros() {
  do {
    const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
    begin_ += std::min(bytes.find_first_not_of('\0'), bytes.size());
  } while (begin_ == end_ && fill());
}

bool ImageInput::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t got = error_ ? 0 : more(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  return got > 0;
}

Error ImageFile::used_up() const {
  return {ErrorCode::refused, name_ + " was not read to its end: " + budget_->why(), 0,
          "lsinitramfs shows what is in it"};
}

std::size_t ImageFile::more(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t n = ::read(fd_, buffer, size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      error_ = io_error("cannot read " + name_, errno);
      return 0;
    }
    const auto got = static_cast<std::size_t>(n);
    if (!budget_->take_bytes(got)) {
      error_ = used_up();
      return 0;
    }
    return got;
  }
}

PackedImage::PackedImage(ImageFile& file)
    : file_(&file), library_(ArchiveLibrary::get()), reader_(nullptr, nullptr) {
  open();
}

namespace {

// The decoder of .lzma takes all of the dictionary that the header asks for; that of .xz is limited
// by libarchive.
bool wants_too_much(const PackingKind& kind, std::string_view start) {
  constexpr std::uint32_t most = 128U << 20U;
  if (kind.code != ARCHIVE_FILTER_LZMA || start.size() < 5) {
    return false;
  }
  // After the byte of properties; little-endian.
  std::uint32_t dictionary = 0;
  for (const char byte : {start[4], start[3], start[2], start[1]}) {
    dictionary = dictionary << 8U | static_cast<unsigned char>(byte);
  }
  return dictionary > most;
}

}  // namespace

void PackedImage::open() {
  const std::string& name = file_->name();
  const std::string_view start = file_->peek(6);
  const auto* const kind =
      std::find_if(kinds.begin(), kinds.end(),
                   [start](const PackingKind& one) { return start.starts_with(one.magic); });
  const Error unknown{ErrorCode::failed, name + " is packed in a way that rocmfix cannot read", 0,
                      ""};
  if (kind == kinds.end()) {
    error_ = unknown;
    return;
  }
  if (wants_too_much(*kind, start)) {
    error_ = {ErrorCode::refused, name + " needs more than 128 MiB of memory to decompress", 0, ""};
    return;
  }
  if (library_ == nullptr) {
    error_ = {ErrorCode::failed,
              "libarchive, which is needed to read " + name + ", is not installed", 0,
              install_hint("libarchive")};
    return;
  }
  reader_ = library_->make_reader();
  if (!reader_) {
    error_ = io_error("cannot read " + name, ENOMEM);
    return;
  }
  // A warning: libarchive was built without it, and would run a program.
  if ((library_->*(kind->support))(reader_.get()) != ARCHIVE_OK ||
      library_->archive_read_append_filter(reader_.get(), kind->code) != ARCHIVE_OK) {
    error_ = unknown;
    return;
  }
  library_->archive_read_support_format_raw(reader_.get());
  archive_entry* entry = nullptr;
  if (library_->archive_read_open(reader_.get(), this, nullptr, give, nullptr) != ARCHIVE_OK ||
      library_->archive_read_next_header(reader_.get(), &entry) != ARCHIVE_OK) {
    error_ =
        file_->error()
            ? file_->error()
            : std::optional(Error{ErrorCode::invalid, name + " is truncated or damaged", 0, ""});
  }
}

std::size_t PackedImage::more(char* buffer, std::size_t size) {
  const la_ssize_t n = library_->archive_read_data(reader_.get(), buffer, size);
  if (n < 0) {
    error_ = file_->error()
                 ? file_->error()
                 : std::optional(Error{ErrorCode::invalid,
                                       file_->name() + " is truncated or damaged", 0, ""});
    return 0;
  }
  const auto got = static_cast<std::size_t>(n);
  if (!file_->budget().take_bytes(got)) {
    error_ = file_->used_up();
    return 0;
  }
  return got;
}

la_ssize_t PackedImage::give(archive* reader, void* self, const void** bytes) {
  auto& image = *static_cast<PackedImage*>(self);
  const auto part = image.file_->take(piece);
  if (part.empty() && image.file_->error()) {
    image.library_->archive_set_error(reader, EIO, "read error");
    return ARCHIVE_FATAL;
  }
  *bytes = part.data();
  return static_cast<la_ssize_t>(part.size());
}

}  // namespace rocmfix::detail
