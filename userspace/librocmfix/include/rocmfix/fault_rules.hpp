// SPDX-License-Identifier: MIT
// What a line of a log means, and which causes a fault may have, as data:
// userspace/data/faults.toml. A file /etc/rocmfix/faults.toml adds to it or replaces entries by
// name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "rocmfix/fault_event.hpp"
#include "rocmfix/fault_reason.hpp"
#include "rocmfix/policy.hpp"

namespace rocmfix {

enum class LineRole : std::uint8_t {
  event,  ///< begins an event
  part,   ///< belongs to an event that is under way, or begins one when the log is cut off there
  field,  ///< belongs to an event that is under way, means nothing alone
  fact,   ///< no event: something that a cause may ask for
  boot,   ///< the machine starts: what came before has nothing to do with what follows
};
std::string_view to_string(LineRole role);

/// A kind of line.
struct FaultPattern {
  std::string_view name;
  LineRole role = LineRole::event;
  Strings types;           ///< one for an event; for a part: what it can belong to
  std::string_view fact;   ///< facts: its name; several patterns may give one fact
  Strings texts;           ///< every such line contains one of them, in any case of its letters
  std::string_view regex;  ///< RE2, with groups named for fields; empty: a text is enough
  /// Facts: a setting of that name, in every form that people write it in. `regex` is its value.
  std::string_view variable;
  std::string_view unless;   ///< RE2: a line that it matches is not of this kind
  bool any_maker = false;    ///< NVIDIA's runtime prints such a line, too
  std::string_view reason;   ///< the event's `reason` when the line has none
  std::string_view example;  ///< a line that it must match
  std::string_view source;   ///< who prints it
};

enum class Confidence : std::uint8_t {
  possible,  ///< fits, and so may others
  likely,    ///< the log has what this cause is known by
  certain,   ///< the log says so itself
};
std::string_view to_string(Confidence confidence);

struct CauseMatch {
  Confidence confidence = Confidence::possible;
  Clauses when;  ///< of faults.toml's keys (explain/cause_keys.hpp)
};

/// What is left to do where the log shows that the cause's remedy is in force, or does not fit.
struct CauseRemedy {
  Clauses when;  ///< of the same keys, without an event
  std::string_view remedy;
};

struct FaultCause {
  std::string_view id;
  std::string_view summary;
  std::span<const CauseMatch> matches;  ///< the first that holds counts
  std::string_view check;               ///< what would decide it
  std::string_view remedy;
  std::span<const CauseRemedy> instead;  ///< the first that holds replaces `remedy`
  std::string_view grade;  ///< "S" read in source, "U" reported by users, "?" not verified
  std::string_view source;
};

/// Names of the GPU's blocks (clients of a memory hub) by the status register's CID.
struct ClientTable {
  std::string_view name;
  std::string_view hub;  ///< "gfxhub" or "mmhub"
  Strings read;          ///< by CID; "" has no name
  Strings write;         ///< empty: the same as `read`
  std::string_view source;
};

/// The tables. Cheap to move; what it hands out lives as long as it does.
class FaultRules {
 public:
  /// The tables compiled in. Never fails, parses nothing.
  static FaultRules built_in();
  /// Those, with /etc/rocmfix/faults.toml of `root` laid over them.
  /// Errors: invalid with file, line and what is wrong; a regular expression that RE2 refuses.
  static Result<FaultRules> load(const Root& root);

  [[nodiscard]] std::span<const FaultType> types() const { return types_; }
  /// null: no type has that name. What it points at lives as long as these tables.
  [[nodiscard]] const FaultType* type(std::string_view name) const;
  [[nodiscard]] std::span<const FaultReason> reasons() const { return reasons_; }
  [[nodiscard]] std::span<const FaultPattern> patterns() const { return patterns_; }
  [[nodiscard]] std::span<const FaultCause> causes() const { return causes_; }
  [[nodiscard]] std::span<const ClientTable> clients() const { return clients_; }

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const FaultType> types_;
  std::span<const FaultReason> reasons_;
  std::span<const FaultPattern> patterns_;
  std::span<const FaultCause> causes_;
  std::span<const ClientTable> clients_;
};

}  // namespace rocmfix
