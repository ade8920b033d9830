// SPDX-License-Identifier: MIT
#include "explain/incident_causes.hpp"

#include <algorithm>
#include <optional>

#include "explain/fault_matcher.hpp"
#include "util/kernel_version.hpp"

namespace rocmfix {

namespace {

// Holds one condition against one incident and gathers the lines that it held for.
class Judge {
 public:
  Judge(const std::vector<FaultEvent>& events, const FaultFacts& facts, std::uint64_t until)
      : events_(events), facts_(facts), until_(until) {}

  std::optional<std::vector<EvidenceLine>> holds(const CauseCondition& when) {
    evidence_.clear();
    const bool all = events(when) && fields(when) && facts(when) && kernel(when);
    return all ? std::optional(std::move(evidence_)) : std::nullopt;
  }

 private:
  void add(const EvidenceLine& line) {
    const bool known =
        std::any_of(evidence_.begin(), evidence_.end(),
                    [&](const EvidenceLine& other) { return other.number == line.number; });
    if (!known && evidence_.size() < 6) {
      evidence_.push_back(line);
    }
  }

  // The line of an event that gave a field, else its first.
  void add(const FaultEvent& event, std::uint32_t bits) {
    const auto found = std::find_if(event.lines.begin(), event.lines.end(),
                                    [&](const EvidenceLine& line) { return line.fields & bits; });
    if (found != event.lines.end()) {
      add(*found);
    } else if (!event.lines.empty()) {
      add(event.lines.front());
    }
  }

  // Some event that is among `when.event` and satisfies `test`; true when nothing is asked.
  template <class Test>
  bool some(const CauseCondition& when, bool asked, std::uint32_t bits, Test test) {
    if (!asked) {
      return true;
    }
    const auto found = std::find_if(events_.begin(), events_.end(), [&](const FaultEvent& event) {
      return is_one_of(event.type, when.event) && test(event);
    });
    if (found == events_.end()) {
      return false;
    }
    add(*found, bits);
    return true;
  }

  static bool is_one_of(FaultType type, std::span<const FaultType> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  }

  bool events(const CauseCondition& when) {
    if (std::any_of(events_.begin(), events_.end(), [&](const FaultEvent& event) {
          return is_one_of(event.type, when.no_event);
        })) {
      return false;
    }
    return some(when, true, 0, [](const FaultEvent&) { return true; });
  }

  bool fields(const CauseCondition& when) {
    return some(when, !when.client.empty(), field_bit(FaultField::client),
                [&](const FaultEvent& event) {
                  return event.client && std::any_of(when.client.begin(), when.client.end(),
                                                     [&](std::string_view name) {
                                                       return event.client->starts_with(name);
                                                     });
                }) &&
           some(when, !when.reason.empty(), field_bit(FaultField::reason),
                [&](const FaultEvent& event) {
                  return event.reason &&
                         std::any_of(when.reason.begin(), when.reason.end(),
                                     [&](std::string_view part) {
                                       return event.reason->find(part) != std::string::npos;
                                     });
                }) &&
           some(when, !when.rw.empty(), field_bit(FaultField::rw),
                [&](const FaultEvent& event) {
                  return event.rw &&
                         std::find(when.rw.begin(), when.rw.end(),
                                   *event.rw == Access::write ? "write" : "read") != when.rw.end();
                }) &&
           some(when, when.null_address.has_value(), field_bit(FaultField::address),
                [&](const FaultEvent& event) {
                  return event.address && (*event.address == 0) == *when.null_address;
                }) &&
           some(when, when.kernel_vmid.has_value(), field_bit(FaultField::vmid),
                [&](const FaultEvent& event) {
                  return event.vmid && (*event.vmid == 0) == *when.kernel_vmid;
                }) &&
           some(when, when.walker_error.has_value(), field_bit(FaultField::walker_error),
                [&](const FaultEvent& event) {
                  return event.walker_error && (*event.walker_error != 0) == *when.walker_error;
                });
  }

  bool seen(std::string_view fact) {
    const FaultFacts::Seen* found = facts_.last(fact, until_);
    if (found != nullptr) {
      add(found->line);
    }
    return found != nullptr;
  }

  bool facts(const CauseCondition& when) {
    for (const std::string_view fact : when.not_seen) {
      if (facts_.last(fact, until_) != nullptr) {
        return false;
      }
    }
    if (!std::all_of(when.seen.begin(), when.seen.end(),
                     [&](std::string_view fact) { return seen(fact); })) {
      return false;
    }
    if (!when.seen_any.empty()) {
      bool any = false;
      for (const std::string_view fact : when.seen_any) {
        any = seen(fact) || any;
      }
      if (!any) {
        return false;
      }
    }
    if (!when.several.empty()) {
      const auto all = facts_.all(when.several, until_);
      if (all.size() < 2) {
        return false;
      }
      add(all.front()->line);
      add(all.back()->line);
    }
    return true;
  }

  bool kernel(const CauseCondition& when) {
    if (when.kernel_below.empty() && when.kernel_at_least.empty()) {
      return true;
    }
    const FaultFacts::Seen* found = facts_.last("kernel", until_);
    if (found == nullptr) {
      return false;
    }
    const auto below = compare_kernels(found->value, when.kernel_below);
    const auto least = compare_kernels(found->value, when.kernel_at_least);
    if ((!when.kernel_below.empty() && !(below && *below < 0)) ||
        (!when.kernel_at_least.empty() && !(least && *least >= 0))) {
      return false;
    }
    add(found->line);
    return true;
  }

  const std::vector<FaultEvent>& events_;
  const FaultFacts& facts_;
  std::uint64_t until_;
  std::vector<EvidenceLine> evidence_;
};

}  // namespace

std::vector<ProbableCause> probable_causes(const std::vector<FaultEvent>& events,
                                           std::span<const FaultCause> causes,
                                           const FaultFacts& facts, std::uint64_t until) {
  std::vector<ProbableCause> probable;
  Judge judge(events, facts, until);
  for (const FaultCause& cause : causes) {
    for (const CauseMatch& match : cause.matches) {
      if (auto evidence = judge.holds(match.when)) {
        probable.push_back({&cause, match.confidence, std::move(*evidence)});
        break;
      }
    }
  }
  std::stable_sort(
      probable.begin(), probable.end(),
      [](const ProbableCause& a, const ProbableCause& b) { return a.confidence > b.confidence; });
  return probable;
}

}  // namespace rocmfix
