// SPDX-License-Identifier: MIT
#include "report/kept_lines.hpp"

#include <algorithm>
#include <array>

namespace rocmfix::detail {
namespace {

// Besides what the fault rules know. The banner of a boot, too: a log is divided by it.
constexpr std::array<std::string_view, 12> words_about_gpus = {"amdgpu",
                                                               "amdkfd",
                                                               "kfd",
                                                               "[drm",
                                                               "radeon",
                                                               "rocmfix",
                                                               "AMD-Vi",
                                                               "Linux version ",
                                                               "Loading of unsigned module",
                                                               "Loading of module with ",
                                                               "unsigned module loading",
                                                               "Key was rejected by service"};

bool contains(std::string_view line, std::string_view word) {
  return line.find(word) != std::string_view::npos;
}

/// Takes a line off `text`, with its newline; of a shell's file with those that continue it.
std::string_view next_line(std::string_view& text, bool continued) {
  std::size_t end = std::min(text.find('\n'), text.size());
  while (continued && end > 0 && end < text.size() && text[end - 1] == '\\') {
    end = std::min(text.find('\n', end + 1), text.size());
  }
  const std::string_view line = text.substr(0, std::min(end + 1, text.size()));
  text.remove_prefix(line.size());
  return line;
}

void append_empty(std::string& out, std::string_view line) {
  out.append(static_cast<std::size_t>(std::count(line.begin(), line.end(), '\n')), '\n');
}

}  // namespace

bool KeptLines::is_about_gpus(std::string_view line) const {
  return std::any_of(words_about_gpus.begin(), words_about_gpus.end(),
                     [&](std::string_view word) { return contains(line, word); }) ||
         matcher_.scanner().find(line, 0) != FaultScanner::npos;
}

bool KeptLines::sets_known_variable(std::string_view line) const {
  const auto settings = policy_.settings();
  return contains(line, "EnvironmentFile=") ||
         std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
           return setting.layer == Layer::environment && contains(line, setting.name);
         });
}

std::string KeptLines::of(std::string_view text, ReadFor purpose) const {
  if (purpose == ReadFor::all) {
    return std::string(text);
  }
  std::string out;
  const bool assignments = purpose == ReadFor::assignments;
  while (!text.empty()) {
    const std::string_view line = next_line(text, assignments);
    if (assignments ? sets_known_variable(line) : is_about_gpus(line)) {
      out += line;
      continue;
    }
    // A record keeps its place and time: "6,339,5140900,-;".
    if (const auto semicolon = line.find(';'); purpose == ReadFor::records &&
                                               semicolon != std::string_view::npos &&
                                               !line.starts_with(' ')) {
      out += line.substr(0, semicolon + 1);
    }
    append_empty(out, line);
  }
  return out;
}

}  // namespace rocmfix::detail
