// SPDX-License-Identifier: MIT
#include "explain/incident_builder.hpp"

#include <algorithm>
#include <cmath>

#include "explain/incident_causes.hpp"
#include "rocmfix/printable.hpp"

namespace rocmfix {

namespace {

constexpr std::size_t max_open = 32;
constexpr std::size_t max_events = 16;
constexpr std::size_t max_under_way = 8;
constexpr double near_seconds = 20;
constexpr std::uint64_t near_lines = 100;
constexpr std::uint64_t page = 4096;

// A failure of the GPU shows in several ways; the others stand for themselves.
bool go_together(const FaultType& a, const FaultType& b) {
  return &a == &b || (a.failure && b.failure);
}

// The IOMMU's driver leaves the PCI domain out.
bool is_same_device(std::string_view a, std::string_view b) {
  return a.ends_with(b) || b.ends_with(a);
}

// Uses every event of an incident until one is as asked for.
template <class Open, class Test>
bool any_event(const Open& open, Test test) {
  return std::any_of(open.incident.events.begin(), open.incident.events.end(), test) ||
         std::any_of(open.under_way.begin(), open.under_way.end(),
                     [&](const EventUnderWay& event) { return test(event.event()); });
}

}  // namespace

void IncidentBuilder::add(std::uint64_t number, std::string_view text,
                          const std::vector<FoundLine>& found, const RelativeTimes& times) {
  EventLine line;
  line.number = number;
  line.text = text;
  if (const auto bdf = gpu_of_line(text)) {
    line.bdf = *bdf;
  }
  for (const FoundLine& one : found) {
    line.types = one.pattern->types;
    line.reason = one.pattern->reason;
    line.whole = one.pattern->role == LineRole::event;
    line.any_maker = one.pattern->any_maker;
    line.fields = one.fields;
    switch (one.pattern->role) {
      case LineRole::boot:
        flush();
        facts_.clear_lines();
        break;
      case LineRole::fact:
        add_fact(number, text, one);
        break;
      case LineRole::event:
      case LineRole::part:
      case LineRole::field:
        if (one.pattern->role == LineRole::event || !continue_event(line)) {
          if (one.pattern->role != LineRole::field) {
            const auto relative = times.now();
            const LogTime time = relative ? *relative : time_of_line(text);
            line.time = time.text;
            begin_event(line, time);
          }
        }
        break;
    }
  }
}

void IncidentBuilder::add_fact(std::uint64_t number, std::string_view text,
                               const FoundLine& found) {
  const auto value =
      std::find_if(found.fields.begin(), found.fields.end(),
                   [](const FoundField& field) { return field.field == FaultField::value; });
  add_fact(number, text, found.pattern->fact,
           value == found.fields.end() ? std::string_view() : value->text);
}

void IncidentBuilder::add_fact(std::uint64_t number, std::string_view text, std::string_view fact,
                               std::string_view value) {
  facts_.add(fact, {number, printable_line(text, 400), 0}, printable_line(value, 64));
}

void IncidentBuilder::add_event(std::uint64_t number, const FaultType& type,
                                std::span<const FoundField> fields, std::string_view text) {
  EventLine line;
  line.number = number;
  line.of_the_log = false;
  line.text = text;
  line.types = {&type.name, 1};
  line.fields = fields;
  begin_event(line, {});
}

bool IncidentBuilder::continue_event(const EventLine& line) {
  for (Open& open : open_) {
    for (EventUnderWay& event : open.under_way) {
      if (event.takes(line)) {
        event.add(line);
        open.last_line = line.number;
        ++lines_;
        return true;
      }
    }
  }
  return false;
}

void IncidentBuilder::begin_event(const EventLine& line, const LogTime& time) {
  const FaultType* const type = rules_.type(line.types.front());
  if (type == nullptr) {
    return;  // the reader of the rules refuses it
  }
  EventUnderWay event(*type, line, rules_.clients());
  Open& open = incident_for(event.event(), time);
  open.last_line = line.number;
  ++lines_;
  if (time.clock != LogClock::none) {
    open.last_time = time;
  }
  // A new one of the kind and GPU ends the one before.
  const auto ended =
      std::find_if(open.under_way.begin(), open.under_way.end(), [&](const EventUnderWay& other) {
        return other.event().type == event.event().type &&
               other.event()[FaultField::bdf] == event.event()[FaultField::bdf];
      });
  if (ended != open.under_way.end()) {
    settle(open.incident, std::move(*ended));
    open.under_way.erase(ended);
  } else if (open.under_way.size() == max_under_way) {
    settle(open.incident, std::move(open.under_way.back()));
    open.under_way.pop_back();
  }
  open.under_way.push_front(std::move(event));
}

bool IncidentBuilder::belongs(const Open& open, const FaultEvent& event, const LogTime& time) {
  const std::string_view gpu = event.text(FaultField::bdf);
  const auto other_gpu = [&](const FaultEvent& other) {
    const std::string_view others = other.text(FaultField::bdf);
    return !others.empty() && !gpu.empty() && !is_same_device(others, gpu);
  };
  const auto related = [&](const FaultEvent& other) {
    return go_together(*other.type, *event.type);
  };
  if (any_event(open, other_gpu) || !any_event(open, related)) {
    return false;
  }
  const auto address = event.number(FaultField::address);
  const auto same_page = [&](const FaultEvent& other) {
    const auto is_there = [&](std::uint64_t others) { return others / page == *address / page; };
    const auto first = other.number(FaultField::address);
    return other.type != event.type && first && address && *address != 0 &&
           (is_there(*first) ||
            std::any_of(other.other_addresses.begin(), other.other_addresses.end(), is_there));
  };
  if (any_event(open, same_page)) {
    return true;
  }
  if (time.clock != LogClock::none && time.clock == open.last_time.clock) {
    return std::abs(time.seconds - open.last_time.seconds) <= near_seconds;
  }
  return event.line - open.last_line <= near_lines;
}

IncidentBuilder::Open& IncidentBuilder::incident_for(const FaultEvent& event, const LogTime& time) {
  for (Open& open : open_) {
    if (belongs(open, event, time)) {
      return open;
    }
  }
  if (open_.size() == max_open) {
    hand_out(std::move(open_.back()));
    open_.pop_back();
  }
  return open_.emplace_front();
}

// Into the list of events, or as one more of the same.
void IncidentBuilder::settle(LogIncident& incident, EventUnderWay&& event) {
  FaultEvent done = std::move(event).finished();
  if (says_nothing(done)) {
    return;
  }
  for (FaultEvent& other : incident.events) {
    if (is_same_fault(other, done)) {
      count_again(other, std::move(done));
      return;
    }
  }
  if (incident.events.size() == max_events) {
    ++incident.dropped;
    return;
  }
  incident.events.push_back(std::move(done));
}

// Lines of CUDA's runtime that HIP's prints, too, in a log that names the one and not the other.
bool IncidentBuilder::is_another_makers(std::uint64_t until) const {
  return facts_.last("other-maker", until) != nullptr && facts_.last("amd", until) == nullptr &&
         facts_.last("rdna1", until) == nullptr && facts_.last("rdna2", until) == nullptr;
}

void IncidentBuilder::hand_out(Open&& open) {
  while (!open.under_way.empty()) {
    settle(open.incident, std::move(open.under_way.back()));
    open.under_way.pop_back();
  }
  if (is_another_makers(open.last_line + near_lines)) {
    std::erase_if(open.incident.events, [](const FaultEvent& event) { return event.any_maker; });
  }
  if (open.incident.events.empty()) {
    return;
  }
  std::stable_sort(open.incident.events.begin(), open.incident.events.end(),
                   [](const FaultEvent& a, const FaultEvent& b) { return a.line < b.line; });
  open.incident.causes =
      probable_causes(open.incident.events, rules_.causes(), facts_, open.last_line + near_lines);
  sink_(open.incident);
}

void IncidentBuilder::flush() {
  while (!open_.empty()) {
    hand_out(std::move(open_.back()));
    open_.pop_back();
  }
}

void IncidentBuilder::forget() {
  open_.clear();
  facts_.clear();
}

}  // namespace rocmfix
