// SPDX-License-Identifier: MIT
#include "verify/cpio_stream.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "verify/image_input.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t header_size = 110;
constexpr std::size_t max_name = 4096;
constexpr std::size_t piece = 1U << 18U;

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

class Walk {
 public:
  Walk(ImageFile& file, CpioVisitor& visitor) : file_(&file), visitor_(&visitor) {}

  /// The archives of the file, and of what is packed in it.
  Result<void> run(ImageInput& input, bool packed);

 private:
  Result<bool> entry(ImageInput& input);
  Result<void> content(ImageInput& input, const Header& header, const std::string& path);
  Error short_read(const ImageInput& input, const char* how) {
    return input.error() ? *input.error()
                         : Error{ErrorCode::invalid, file_->name() + " is " + how, 0, ""};
  }

  ImageFile* file_;
  CpioVisitor* visitor_;
};

Result<void> Walk::run(ImageInput& input, bool packed) {
  bool any = false;
  for (;;) {
    input.skip_zeros();  // between archives
    const std::string_view start = input.peek(6);
    if (start.empty()) {
      return any && !input.error() ? Result<void>()
                                   : Result<void>(fail(short_read(input, "empty")));
    }
    if (start != "070701" && start != "070702") {
      if (packed) {  // the kernel would stop here, too
        return fail(short_read(input, "truncated or damaged"));
      }
      PackedImage inner(*file_);
      return run(inner, true);
    }
    any = true;
    for (bool more = true; more;) {
      const auto next = entry(input);
      if (!next) {
        return fail(next.error());
      }
      more = *next;
    }
  }
}

// False after the last one.
Result<bool> Walk::entry(ImageInput& input) {
  const auto header = parse_header(input.peek(header_size));
  if (!header || header->name_size == 0 || header->name_size > max_name) {
    return fail(short_read(input, "truncated or damaged"));
  }
  if (!file_->budget().take_entry()) {
    return fail(file_->used_up());
  }
  input.consume(header_size);
  const auto name_size = static_cast<std::size_t>(header->name_size);
  const std::size_t padded = name_size + padding(header_size + name_size);
  const std::string_view bytes = input.peek(padded);
  if (bytes.size() < name_size) {
    return fail(short_read(input, "truncated"));
  }
  const std::string path(bytes.substr(0, bytes.find('\0')));
  input.consume(bytes.size());
  if (path == "TRAILER!!!") {
    return false;
  }
  if (auto passed = content(input, *header, path); !passed) {
    return fail(std::move(passed.error()));
  }
  return true;
}

Result<void> Walk::content(ImageInput& input, const Header& header, const std::string& path) {
  const bool wanted = S_ISREG(header.mode) && visitor_->begin(absolute(path));
  for (std::uint64_t left = header.size; left > 0;) {
    const auto part = input.take(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece)));
    if (part.empty()) {
      return fail(short_read(input, "truncated"));
    }
    if (wanted) {
      visitor_->data(part);
    }
    left -= part.size();
  }
  if (wanted) {
    visitor_->end();
  }
  input.consume(input.peek(padding(header.size)).size());
  return {};
}

}  // namespace

Result<void> read_initramfs_stream(int fd, std::uint64_t size, const std::string& name,
                                   CpioVisitor& visitor) {
  ImageBudget budget(size);
  ImageFile file(fd, name, budget);
  return Walk(file, visitor).run(file, false);
}

}  // namespace rocmfix::detail
