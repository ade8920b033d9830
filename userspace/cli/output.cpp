// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <algorithm>
#include <iterator>

#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "util/text_table.hpp"

namespace rocmfix::cli {

int print_error(const Error& error, bool json) {
  std::string text = "error: " + printable(to_string(error)) + "\n";
  if (!error.hint.empty()) {
    text += "hint: " + printable(error.hint) + "\n";
  }
  write_stderr(text);
  if (json) {
    print_result(error_json(error), exit_wrong);
  }
  return error.code == ErrorCode::not_applicable ? exit_not_applicable : exit_wrong;
}

int print_result(const std::string& text, int status) {
  const auto written = write_stdout(printable_lines(text));
  return written ? status : print_error(written.error(), false);
}

std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view indent) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& given : cells) {
    auto& row = rows.emplace_back();
    std::transform(given.begin(), given.end(), std::back_inserter(row),
                   [](const std::string& cell) { return printable(cell); });
  }
  return text_table(rows, indent);
}

std::string wrap(std::string_view given, std::size_t width, std::string_view indent) {
  const std::string shown = printable(given);
  std::string_view text = shown;
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
