// SPDX-License-Identifier: MIT
#include "hip/shared_mapping.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace rocmfix::hip {

namespace {

struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;
  bool shared = false;
};

bool read_hexadecimal(std::string_view& text, uint64_t& value) {
  constexpr std::string_view digits = "0123456789abcdef";
  size_t length = 0;
  value = 0;
  while (length < text.size() && length < 16) {
    const size_t digit = digits.find(text[length]);
    if (digit == std::string_view::npos) {
      break;
    }
    value = value << 4U | digit;
    ++length;
  }
  text.remove_prefix(length);
  return length > 0;
}

/// "7f12a000-7f12b000 rw-s ..."
bool read_mapping(std::string_view line, Mapping& mapping) {
  constexpr size_t permissions = 4;
  if (!read_hexadecimal(line, mapping.start) || !line.starts_with('-')) {
    return false;
  }
  line.remove_prefix(1);
  if (!read_hexadecimal(line, mapping.end) || line.size() <= permissions || line.front() != ' ') {
    return false;
  }
  const char kind = line[permissions];
  mapping.shared = kind == 's';
  return kind == 's' || kind == 'p';
}

/// What the lines, which come by address, tell of [at_, end_).
class Search {
 public:
  Search(uint64_t start, uint64_t end) : at_(start), end_(end) {}

  /// False: decided.
  bool see(std::string_view line) {
    Mapping mapping;
    if (!read_mapping(line, mapping)) {
      return decide(Sharing::unknown);
    }
    if (mapping.end <= at_) {
      return true;
    }
    if (mapping.start > at_) {
      return decide(Sharing::unknown);  // a hole
    }
    if (mapping.shared) {
      return decide(Sharing::shared);
    }
    at_ = mapping.end;
    return at_ < end_ || decide(Sharing::none);
  }
  [[nodiscard]] Sharing found() const { return found_; }

 private:
  bool decide(Sharing sharing) {
    found_ = sharing;
    return false;
  }

  uint64_t at_;
  uint64_t end_;
  Sharing found_ = Sharing::unknown;
};

/// Cuts lines off `file`. Of a line longer than the buffer (a path) only the beginning matters.
void read_lines(int file, Search& search) {
  std::array<char, 8192> buffer{};
  size_t filled = 0;
  bool in_rest = false;  // of a line whose beginning has been seen
  for (;;) {
    const ssize_t got = read(file, buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return;
    }
    filled += static_cast<size_t>(got);
    std::string_view text(buffer.data(), filled);
    for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (!in_rest && !search.see(text.substr(0, end))) {
        return;
      }
      in_rest = false;
      text.remove_prefix(end + 1);
    }
    if (text.size() == buffer.size()) {
      if (!in_rest && !search.see(text)) {
        return;
      }
      in_rest = true;
      text = text.substr(text.size());
    }
    filled = text.size();
    std::memmove(buffer.data(), text.data(), filled);  // it is in the buffer itself
  }
}

}  // namespace

Sharing sharing_of(uint64_t address, uint64_t size, const char* maps) {
  if (size == 0 || address > UINT64_MAX - size) {
    return Sharing::unknown;
  }
  const int saved = errno;
  Search search(address, address + size);
  const int file = open(maps, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    read_lines(file, search);
    close(file);
  }
  errno = saved;
  return search.found();
}

}  // namespace rocmfix::hip
