// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "rocmfix/json.hpp"

namespace rocmfix::cli {

int print_error(const Error& error, bool json) {
  fmt::print(stderr, "error: {}\n", to_string(error));
  if (!error.hint.empty()) {
    fmt::print(stderr, "hint: {}\n", error.hint);
  }
  if (json) {
    const std::string document = error_json(error);
    print_result(document, exit_wrong);
  }
  return error.code == ErrorCode::not_applicable ? exit_not_applicable : exit_wrong;
}

int print_result(const std::string& text, int status) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) == 0 && written) {
    return status;
  }
  const Error error = io_error("cannot write to standard output", errno);
  fmt::print(stderr, "error: {}\n", to_string(error));
  return exit_wrong;
}

std::string format_table(const std::vector<std::vector<std::string>>& rows,
                         std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string wrap(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      out += indent;
      column = 0;
    }
    if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace rocmfix::cli
