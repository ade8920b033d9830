// SPDX-License-Identifier: MIT
// The journal: one line of JSON for each thing that crosses the kernel boundary. A line is one
// write(2) to a file opened for appending, so that lines of threads and processes do not mix.
// Without ROCMFIX_SIM_JOURNAL a line costs a test of a flag.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::sim {

class JournalLine {
 public:
  explicit JournalLine(std::string_view op);
  ~JournalLine();
  JournalLine(const JournalLine&) = delete;
  JournalLine& operator=(const JournalLine&) = delete;
  JournalLine(JournalLine&&) = delete;
  JournalLine& operator=(JournalLine&&) = delete;

  JournalLine& number(std::string_view key, std::int64_t value);
  JournalLine& unsigned_number(std::string_view key, std::uint64_t value);
  JournalLine& hex(std::string_view key, std::uint64_t value);
  JournalLine& text(std::string_view key, std::string_view value);
  JournalLine& texts(std::string_view key, const std::vector<std::string_view>& values);
  JournalLine& numbers(std::string_view key, const std::vector<std::uint64_t>& values);
  /// `json` is written as it is.
  JournalLine& raw(std::string_view key, std::string_view json);

 private:
  void key(std::string_view name);
  std::string line_;  // empty: there is no journal
};

/// What must not go unnoticed: to stderr and into the journal.
void complain(const std::string& text);

/// Nanoseconds of CLOCK_MONOTONIC: the journal's time, and the base of the GPU's clock.
std::uint64_t now_ns();

/// A string as JSON has it, with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace rocmfix::sim
