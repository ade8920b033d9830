// SPDX-License-Identifier: MIT
// One event being put together from lines, and when two events are the same fault again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "explain/fault_matcher.hpp"
#include "rocmfix/fault_event.hpp"

namespace rocmfix {

/// A line that a pattern of an event matched, with what precedes the message; or what something
/// else than a log says of an event.
struct EventLine {
  std::uint64_t number = 0;
  bool of_the_log = true;
  bool whole = true;       ///< an event that begins with it has its beginning in the log
  bool any_maker = false;  ///< another maker's runtime prints such a line, too
  std::string_view text;
  std::string time;
  std::string bdf;
  Strings types;            ///< what it can belong to
  std::string_view reason;  ///< the event's, when no field is
  std::span<const FoundField> fields;
};

class EventUnderWay {
 public:
  EventUnderWay(const FaultType& type, const EventLine& line, std::span<const ClientTable> clients);

  /// Whether the line can be of this event: nearby, of the same GPU, and not giving again what
  /// the event already has.
  [[nodiscard]] bool takes(const EventLine& line) const;
  void add(const EventLine& line);

  [[nodiscard]] const FaultEvent& event() const { return event_; }
  [[nodiscard]] std::uint64_t last_line() const { return last_line_; }
  /// The event as it is known at its end.
  FaultEvent finished() &&;

 private:
  void set(FaultField field, std::string_view text);
  void decode(std::uint32_t status);

  FaultEvent event_;
  std::span<const ClientTable> clients_;
  std::uint64_t last_line_ = 0;
  std::uint32_t given_ = 0;  // fields that lines have given
  std::string hub_ = "gfxhub";
  bool status_is_empty_ = false;
};

/// Whether `later` is `first` reported again. A page fault's address is not looked at: a kernel
/// that runs over the end of its memory faults once a page. One whose beginning the log does not
/// have is another's only if it says nothing that the other does not.
bool is_same_fault(const FaultEvent& first, const FaultEvent& later);
/// Counts `later`, which is the same fault: keeps its address, and what only it has.
void count_again(FaultEvent& first, FaultEvent&& later);
/// A coredump's page fault of which the driver has nothing: it prints zeros when there was none.
bool says_nothing(const FaultEvent& event);

}  // namespace rocmfix
