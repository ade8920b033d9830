// SPDX-License-Identifier: MIT
// Cuts a stream into the lines that hold one of the scanner's texts, with their numbers, in bounded
// memory. A carriage return ends a line too (a progress bar draws over itself) but is not counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "explain/fault_scanner.hpp"
#include "explain/log_prefix.hpp"

namespace rocmfix {

class LineSplitter {
 public:
  using Use = std::function<void(std::uint64_t number, std::string_view line)>;

  LineSplitter(const FaultScanner& scanner, Use use) : scanner_(scanner), use_(std::move(use)) {}

  void feed(std::string_view bytes);
  void finish();
  /// As new, for another stream.
  void restart();
  /// Of the line that is handed out.
  [[nodiscard]] const RelativeTimes& times() const { return times_; }
  [[nodiscard]] std::uint64_t lines() const { return newlines_ + (open_ ? 1 : 0); }

 private:
  void take(std::string_view text, std::size_t scan_from, std::size_t scan_to);
  void pass(std::string_view text);

  const FaultScanner& scanner_;
  Use use_;
  std::string rest_;            // of a line whose end has not come yet
  std::size_t scan_from_ = 0;   // what is before that in rest_ was scanned
  std::size_t counted_to_ = 0;  // and newlines up to there counted; all in rest_
  std::uint64_t newlines_ = 0;
  bool open_ = false;     // the last line has no newline yet
  bool at_begin_ = true;  // what is passed next is the beginning of a line
  RelativeTimes times_;
};

}  // namespace rocmfix
