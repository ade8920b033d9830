// SPDX-License-Identifier: MIT
#include "explain/line_splitter.hpp"

#include <algorithm>

namespace rocmfix {

namespace {

constexpr std::size_t before = 2048;  // how much of a line is read before what was found in it
constexpr std::size_t after = 2048;
constexpr std::size_t max_rest = 64 << 10;

std::uint64_t newlines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Where the line that holds `at` begins, within what is read.
std::size_t begin_of_line(std::string_view text, std::size_t at) {
  const std::size_t earliest = at > before ? at - before : 0;
  while (at > earliest && text[at - 1] != '\n' && text[at - 1] != '\r') {
    --at;
  }
  return at;
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
  text = text.substr(0, at + after);
  text = text.substr(0, text.find('\n', at));
  return std::min(text.find('\r', at), text.size());
}

}  // namespace

// Counts its newlines, and shows the beginnings of its lines to those who want them.
void LineSplitter::pass(std::string_view text) {
  newlines_ += newlines_in(text);
  while (times_.wants_lines() && !text.empty()) {
    if (at_begin_) {
      times_.line(text.substr(0, text.find('\n')));
    }
    const auto end = text.find('\n');
    at_begin_ = end != std::string_view::npos;
    text.remove_prefix(at_begin_ ? end + 1 : text.size());
  }
}

// Scans text[scan_from, scan_to); what is found may reach beyond scan_to.
void LineSplitter::take(std::string_view text, std::size_t scan_from, std::size_t scan_to) {
  std::size_t counted = counted_to_;
  counted_to_ = 0;
  std::size_t at = scan_from;
  while ((at = scanner_.find(text, at)) < scan_to) {
    pass(text.substr(counted, at - counted));
    counted = at;
    const std::size_t begin = begin_of_line(text, at);
    const std::size_t end = end_of_line(text, at);
    if (at_begin_ && times_.wants_lines()) {
      times_.line(text.substr(begin, end - begin));
      at_begin_ = false;
    }
    use_(newlines_ + 1, text.substr(begin, end - begin));
    at = std::max(end, at + 1);
  }
  const std::size_t stop = std::min(scan_to, text.size());
  if (stop > counted) {
    pass(text.substr(counted, stop - counted));
    counted = stop;
  }
  counted_to_ = counted;
  scan_from_ = std::max(std::min(at, text.size()), stop);
}

void LineSplitter::feed(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  open_ = bytes.back() != '\n';
  if (!rest_.empty()) {
    const auto newline = bytes.find('\n');
    const std::size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
    rest_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (newline != std::string_view::npos) {
      take(rest_, scan_from_, rest_.size());
      rest_.clear();
      scan_from_ = counted_to_ = 0;
    }
  }
  if (const auto last = bytes.rfind('\n'); last != std::string_view::npos) {
    take(bytes.substr(0, last + 1), 0, last + 1);
    scan_from_ = counted_to_ = 0;
    bytes.remove_prefix(last + 1);
  }
  rest_ += bytes;
  if (rest_.size() > max_rest) {
    // A line without end: what may still grow is left for the next time.
    take(rest_, scan_from_, rest_.size() - after);
    const std::size_t gone = rest_.size() - before - after;
    rest_.erase(0, gone);
    scan_from_ -= gone;
    counted_to_ -= gone;
  }
}

void LineSplitter::finish() {
  take(rest_, scan_from_, rest_.size());
  rest_.clear();
  scan_from_ = counted_to_ = 0;
}

void LineSplitter::restart() {
  rest_.clear();
  scan_from_ = counted_to_ = 0;
  newlines_ = 0;
  open_ = false;
  at_begin_ = true;
  times_ = {};
}

}  // namespace rocmfix
