// SPDX-License-Identifier: MIT
// Puts the lines that matter together to events, and events to incidents. Keeps a bounded number of
// both; what is over is handed on.
//
// What belongs to one incident: reports of one failure (a page fault, what the runtime says of it,
// the reset after it) within 20 s by one clock, or within 100 lines when the clocks do not show it;
// or of the same page, however far apart (a program's log after a kernel's). Never of two GPUs.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "explain/fault_facts.hpp"
#include "explain/incident_event.hpp"
#include "explain/log_prefix.hpp"
#include "rocmfix/incident.hpp"

namespace rocmfix {

class IncidentBuilder {
 public:
  using Sink = std::function<void(const LogIncident&)>;

  IncidentBuilder(const FaultRules& rules, Sink sink) : rules_(rules), sink_(std::move(sink)) {}

  void add(std::uint64_t number, std::string_view text, const std::vector<FoundLine>& found,
           const RelativeTimes& times);
  /// What something else than the log says, number 0, or after the lines so far. `text` is its
  /// evidence.
  void add_fact(std::uint64_t number, std::string_view text, std::string_view fact,
                std::string_view value);
  void add_fact(std::uint64_t number, std::string_view text, const FoundLine& found);
  void add_event(std::uint64_t number, const FaultType& type, std::span<const FoundField> fields,
                 std::string_view text);
  [[nodiscard]] bool open() const { return !open_.empty(); }
  /// How many lines were of incidents so far.
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// Hands out everything that is open.
  void flush();
  /// Drops what a log has said so far, facts included.
  void forget();

 private:
  struct Open {
    LogIncident incident;
    std::deque<EventUnderWay> under_way;  // the latest at the front
    std::uint64_t last_line = 0;
    LogTime last_time;
  };

  void begin_event(const EventLine& line, const LogTime& time);
  bool continue_event(const EventLine& line);
  Open& incident_for(const FaultEvent& event, const LogTime& time);
  static bool belongs(const Open& open, const FaultEvent& event, const LogTime& time);
  static void settle(LogIncident& incident, EventUnderWay&& event);
  [[nodiscard]] bool is_another_makers(std::uint64_t until) const;
  void hand_out(Open&& open);

  const FaultRules& rules_;
  Sink sink_;
  std::deque<Open> open_;  // the latest at the front
  std::uint64_t lines_ = 0;
  FaultFacts facts_;
};

}  // namespace rocmfix
