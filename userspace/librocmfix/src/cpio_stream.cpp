// SPDX-License-Identifier: MIT
#include "cpio_stream.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "archive_library.hpp"

namespace rocmfix::detail {
namespace {

// What is unpacked at most, so that a crafted image cannot keep us for ever.
constexpr std::uint64_t max_unpacked = std::uint64_t{4} << 30U;
constexpr std::size_t header_size = 110;
constexpr std::size_t max_name = 4096;

Error damaged(const std::string& name, const char* how) {
  return {ErrorCode::invalid, name + " is " + how, 0, ""};
}

class Input {
 public:
  explicit Input(int fd) : fd_(fd), buffer_(1U << 18U) {}

  /// Up to `count` bytes without consuming them; fewer at the end.
  std::string_view peek(std::size_t count) {
    while (end_ - begin_ < count && fill()) {
    }
    return {buffer_.data() + begin_, std::min(count, end_ - begin_)};
  }
  /// What is there, at least one byte unless at the end, consumed.
  std::string_view take(std::size_t most) {
    if (begin_ == end_) {
      fill();
    }
    const std::string_view bytes(buffer_.data() + begin_, std::min(most, end_ - begin_));
    begin_ += bytes.size();
    return bytes;
  }
  void consume(std::size_t count) { begin_ += count; }
  [[nodiscard]] int error() const { return error_; }

 private:
  bool fill() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    for (;;) {
      const ssize_t n = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
      if (n < 0 && errno == EINTR) {
        continue;
      }
      if (n < 0) {
        error_ = errno;
      }
      end_ += n > 0 ? static_cast<std::size_t>(n) : 0;
      return n > 0;
    }
  }

  int fd_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int error_ = 0;
};

struct Header {
  std::uint64_t mode = 0;
  std::uint64_t size = 0;
  std::uint64_t name_size = 0;
};

std::optional<Header> parse_header(std::string_view bytes) {
  if (bytes.size() < header_size) {
    return std::nullopt;
  }
  // Thirteen fields of eight hexadecimal digits after the magic.
  std::array<std::uint64_t, 13> fields = {};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const char* first = bytes.data() + 6 + 8 * i;
    const auto [end, error] = std::from_chars(first, first + 8, fields[i], 16);
    if (error != std::errc() || end != first + 8) {
      return std::nullopt;
    }
  }
  return Header{fields[1], fields[6], fields[11]};
}

std::size_t padding(std::uint64_t size) {
  return static_cast<std::size_t>(-size & 3U);
}

std::string absolute(std::string_view path) {
  if (path.starts_with("./")) {
    path.remove_prefix(2);
  }
  return path.starts_with("/") ? std::string(path) : "/" + std::string(path);
}

// The packings that mkinitramfs and dracut offer, but for lzop. An image that begins with one of
// these and cannot be unpacked is damaged; any other may be sound and is just not known here.
bool is_known_packing(std::string_view start) {
  using namespace std::string_view_literals;
  constexpr std::array<std::string_view, 7> magics = {
      "\x1f\x8b"sv,      "\xfd\x37zXZ"sv, "\x28\xb5\x2f\xfd"sv, "\x02\x21L\x18"sv,
      "\x04\x22M\x18"sv, "BZh"sv,         "\x5d\0\0"sv};
  return std::any_of(magics.begin(), magics.end(),
                     [start](std::string_view magic) { return start.starts_with(magic); });
}

class Walk {
 public:
  Walk(int fd, const std::string& name, CpioVisitor& visitor)
      : input_(fd), name_(&name), visitor_(&visitor) {}

  Result<void> run();

 private:
  Result<bool> newc_entry();
  Result<void> packed_archive();
  Result<void> packed_entries(archive* reader);
  bool count(std::uint64_t bytes) { return (unpacked_ += bytes) <= max_unpacked; }
  Error short_read(const char* how) {
    return input_.error() != 0 ? io_error("cannot read " + *name_, input_.error())
                               : damaged(*name_, how);
  }
  Error unpack_error() {
    if (known_packing_) {
      return short_read("truncated or damaged");
    }
    return {ErrorCode::failed, *name_ + " is packed in a way that rocmfix cannot read", 0, ""};
  }
  static la_ssize_t give(archive* reader, void* self, const void** bytes);

  Input input_;
  const std::string* name_;
  CpioVisitor* visitor_;
  std::uint64_t unpacked_ = 0;
  bool known_packing_ = false;
  const ArchiveLibrary* library_ = nullptr;
};

Result<void> Walk::run() {
  bool any = false;
  for (;;) {
    std::string_view start = input_.peek(6);
    while (!start.empty() && start.front() == '\0') {  // between archives
      input_.consume(1);
      if (!count(1)) {
        return fail(damaged(*name_, "larger than any initramfs"));
      }
      start = input_.peek(6);
    }
    if (start.empty()) {
      return any && input_.error() == 0 ? Result<void>() : Result<void>(fail(short_read("empty")));
    }
    if (start != "070701" && start != "070702") {
      return packed_archive();
    }
    any = true;
    for (bool more = true; more;) {
      const auto entry = newc_entry();
      if (!entry) {
        return fail(entry.error());
      }
      more = *entry;
    }
  }
}

// False after the last one.
Result<bool> Walk::newc_entry() {
  const auto header = parse_header(input_.peek(header_size));
  if (!header || header->name_size == 0 || header->name_size > max_name) {
    return fail(short_read("truncated or damaged"));
  }
  input_.consume(header_size);
  const auto name_size = static_cast<std::size_t>(header->name_size);
  const std::size_t padded = name_size + padding(header_size + name_size);
  const std::string_view bytes = input_.peek(padded);
  if (bytes.size() < name_size) {
    return fail(short_read("truncated"));
  }
  const std::string path(bytes.substr(0, bytes.find('\0')));
  input_.consume(bytes.size());
  if (path == "TRAILER!!!") {
    return false;
  }
  const bool wanted = S_ISREG(header->mode) && visitor_->begin(absolute(path));
  for (std::uint64_t left = header->size; left > 0;) {
    const auto part =
        input_.take(static_cast<std::size_t>(std::min<std::uint64_t>(left, 1U << 18U)));
    if (part.empty()) {
      return fail(short_read("truncated"));
    }
    if (wanted) {
      visitor_->data(part);
    }
    left -= part.size();
  }
  if (wanted) {
    visitor_->end();
  }
  input_.consume(input_.peek(padding(header->size)).size());
  if (!count(header->size + header_size)) {
    return fail(damaged(*name_, "larger than any initramfs"));
  }
  return true;
}

la_ssize_t Walk::give(archive* reader, void* self, const void** bytes) {
  auto& walk = *static_cast<Walk*>(self);
  const auto part = walk.input_.take(1U << 18U);
  if (part.empty() && walk.input_.error() != 0) {
    walk.library_->archive_set_error(reader, walk.input_.error(), "read error");
    return ARCHIVE_FATAL;
  }
  *bytes = part.data();
  return static_cast<la_ssize_t>(part.size());
}

Result<void> Walk::packed_archive() {
  known_packing_ = is_known_packing(input_.peek(6));
  library_ = ArchiveLibrary::get();
  if (library_ == nullptr) {
    return fail({ErrorCode::failed, "libarchive is not there to read " + *name_, 0,
                 "sudo apt install libarchive13t64 (Debian 12: libarchive13)"});
  }
  const auto reader = library_->make_reader();
  if (!reader) {
    return fail(io_error("cannot read " + *name_, ENOMEM));
  }
  // One by one: filter_all() would run lzop and the like as programs.
  library_->archive_read_support_filter_gzip(reader.get());
  library_->archive_read_support_filter_bzip2(reader.get());
  library_->archive_read_support_filter_lzma(reader.get());
  library_->archive_read_support_filter_xz(reader.get());
  library_->archive_read_support_filter_lz4(reader.get());
  library_->archive_read_support_filter_zstd(reader.get());
  library_->archive_read_support_format_cpio(reader.get());
  if (library_->archive_read_open(reader.get(), this, nullptr, give, nullptr) != ARCHIVE_OK) {
    return fail(unpack_error());
  }
  return packed_entries(reader.get());
}

Result<void> Walk::packed_entries(archive* reader) {
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = library_->archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) {
      return {};
    }
    if (status < ARCHIVE_WARN) {
      return fail(unpack_error());
    }
    const char* path = library_->archive_entry_pathname(entry);
    const bool wanted = path != nullptr && library_->archive_entry_filetype(entry) == AE_IFREG &&
                        visitor_->begin(absolute(path));
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int read = ARCHIVE_OK;
    while ((read = library_->archive_read_data_block(reader, &bytes, &size, &offset)) ==
           ARCHIVE_OK) {
      if (wanted) {
        visitor_->data({static_cast<const char*>(bytes), size});
      }
      if (!count(size)) {
        return fail(damaged(*name_, "larger than any initramfs"));
      }
    }
    if (read != ARCHIVE_EOF) {
      return fail(short_read("truncated or damaged"));
    }
    if (wanted) {
      visitor_->end();
    }
  }
}

}  // namespace

Result<void> read_initramfs_stream(int fd, const std::string& name, CpioVisitor& visitor) {
  return Walk(fd, name, visitor).run();
}

}  // namespace rocmfix::detail
