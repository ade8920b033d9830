// SPDX-License-Identifier: MIT
// Reads a log of any length and hands out incidents as they are complete: kernel logs (dmesg,
// journald, syslog), ROCr's and HIP's messages, tracebacks, in any mixture and any locale.
//
// Owns: finding the lines that matter and putting them together. Memory is bounded whatever comes
// in: a line is read 4 KiB around what was found in it, and 32 incidents are kept open.
// Refuses to: trust the input. No byte of it is executed, opened or printed raw.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/incident.hpp"

namespace rocmfix {

/// An event by its names: "gpu_memory_fault", {{"address", "0x7f3d7a123000"}}. A `reason` may be
/// one of the names that the interposer reports ("page_not_present").
struct GivenEvent {
  std::string type;
  std::vector<std::pair<std::string, std::string>> fields;
};

class FaultReader {
 public:
  using Sink = std::function<void(const LogIncident&)>;

  /// `rules` must outlive it. `sink` is called in the order in which incidents begin, as far as
  /// that is known: one that lasts may come after a shorter one that began later.
  FaultReader(const FaultRules& rules, Sink sink);
  FaultReader(FaultReader&& other) noexcept;
  FaultReader& operator=(FaultReader&& other) noexcept;
  FaultReader(const FaultReader&) = delete;
  FaultReader& operator=(const FaultReader&) = delete;
  ~FaultReader();

  /// The next piece of the log, cut anywhere.
  void feed(std::string_view bytes);
  // What is known other than from a log; it may be said before the log or after it.

  /// A fact that causes can require (`fact` of a pattern). Errors: invalid, no pattern has it.
  Result<void> add_fact(std::string_view fact, std::string_view value);
  /// "NAME=VALUE" of the environment: nothing in it begins an event.
  void add_assignment(std::string_view assignment);
  /// An event, after the lines so far. Errors: invalid, no such type or field.
  Result<void> add_event(const GivenEvent& event);

  /// The log is at its end: hands out what is still open. What is fed after it is another log.
  void finish();
  /// Hands out what is open now, without waiting for what may still come: what comes then is an
  /// incident of its own.
  void settle();
  /// Lines seen so far of this log.
  [[nodiscard]] std::uint64_t lines() const;
  /// Something was found that is not handed out yet.
  [[nodiscard]] bool open() const;
  /// How many lines were of incidents so far, of all logs.
  [[nodiscard]] std::uint64_t incident_lines() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// By the first bytes of a log. Errors: invalid for a compressed log or a journal's own file, in
/// which nothing would be found.
Result<void> check_log_format(std::string_view begin);

/// Reads all of a descriptor, or of a file, and finishes; the number of bytes. Errors: io, when
/// what was found before it was handed out; those of check_log_format().
/// `quiet_ms`: after a pause of that length in what a pipe, a socket or a terminal gives, what is
/// open is handed out; negative: only at the end.
Result<std::uint64_t> read_faults(int fd, FaultReader& reader, int quiet_ms = -1);
Result<std::uint64_t> read_faults(const std::string& file, FaultReader& reader);

/// A whole text at once.
std::vector<LogIncident> find_incidents(const FaultRules& rules, std::string_view text);

}  // namespace rocmfix
