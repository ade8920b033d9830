// SPDX-License-Identifier: MIT
#include "verify/recorded_image.hpp"

#include <algorithm>
#include <cstdint>

#include "modprobe/modprobe_files.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4, '\0');
  return text;
}

// Documentation/driver-api/early-userspace/buffer-format.rst
std::string newc(std::string_view name, std::string_view content, std::uint32_t mode) {
  const std::string header = formatted(
      "070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", 1,
      mode, 0, 0, 1, 0, content.size(), 0, 0, 0, 0, name.size() + 1, 0);
  return padded(header + std::string(name) + '\0') + padded(std::string(content));
}

bool is_about_our_modules(std::string_view line) {
  return !line.starts_with('#') && (line.find("amdgpu") != std::string_view::npos ||
                                    line.find("rocmfix") != std::string_view::npos);
}

/// Lines keep their numbers. One that continues on the next is kept or emptied with it.
std::string our_lines(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    while (end > 0 && end < text.size() && text[end - 1] == '\\') {
      end = std::min(text.find('\n', end + 1), text.size());
    }
    const std::string_view line = text.substr(0, std::min(end + 1, text.size()));
    text.remove_prefix(line.size());
    if (is_about_our_modules(line)) {
      kept += line;
    } else {
      kept.append(static_cast<std::size_t>(std::count(line.begin(), line.end(), '\n')), '\n');
    }
  }
  return kept;
}

}  // namespace

bool RecordedImage::begin(const std::string& path) {
  path_ = path;
  content_.clear();
  return visitor_.begin(path);
}

void RecordedImage::data(std::string_view bytes) {
  content_ += bytes;
  visitor_.data(bytes);
}

void RecordedImage::end() {
  constexpr std::uint32_t regular_file = 0100644;
  entries_ += newc(std::string_view(path_).substr(1),
                   is_modprobe_file(path_) ? our_lines(content_) : content_, regular_file);
  content_.clear();
  visitor_.end();
}

std::string RecordedImage::image() const {
  return entries_ + newc("TRAILER!!!", {}, 0);
}

}  // namespace rocmfix::detail
