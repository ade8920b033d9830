// SPDX-License-Identifier: MIT
// The mitigations that a restart after a GPU fault can take, and the limits of restarting, as data:
// userspace/data/mitigations.toml, which says what each field means. A file
// /etc/rocmfix/mitigations.toml replaces entries by name, adds others, and replaces what it names
// of the limits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "rocmfix/policy.hpp"

namespace rocmfix {

enum class FaultKind : std::uint8_t {
  none,    ///< nothing that a restart could be for
  memory,  ///< a memory fault on the GPU
  hang,    ///< a hang, a reset, a job that did not end in time
  crash,   ///< a crash that no evidence connects with the GPU, where the user wants it retried
};
std::string_view to_string(FaultKind kind);  ///< "none", "memory", "hang", "crash"
/// "memory", "hang": what events can be of. none for any other word.
FaultKind parse_fault_kind(std::string_view word);

struct Assignment {
  std::string_view name;
  std::string_view value;
};

struct Mitigation {
  std::string_view name;
  std::uint64_t step = 0;
  std::string_view summary;
  std::span<const Assignment> set;
  bool over_user = false;
  bool hint = false;
  bool diagnosis = false;
  bool loud = false;
  bool enabled = true;
  Clauses when;  ///< of mitigations.toml's keys (restart/mitigation_keys.hpp)
  std::string_view grade;
  std::string_view source;
};

/// Milliseconds where a name ends so. 0: as in the built-in table, where none is 0.
struct RestartLimits {
  std::uint64_t interval_ms = 0;
  std::uint64_t burst = 0;
  std::uint64_t delay_ms = 0;
  std::uint64_t delay_max_ms = 0;
  std::uint64_t settle_ms = 0;
  std::uint64_t calm_ms = 0;
  std::uint64_t progress_beats = 0;  ///< a number of heartbeats
};

/// The tables. Cheap to move; what it hands out lives as long as it, or a copy of it, does.
class Escalation {
 public:
  /// The tables compiled in. Never fails, parses nothing.
  static Escalation built_in();
  /// Those, with /etc/rocmfix/mitigations.toml of `root` laid over them.
  /// Errors: invalid with file, line and what is wrong.
  static Result<Escalation> load(const Root& root);

  /// By step, the lowest first.
  [[nodiscard]] std::span<const Mitigation> mitigations() const { return mitigations_; }
  [[nodiscard]] const RestartLimits& limits() const { return limits_; }

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const Mitigation> mitigations_;
  RestartLimits limits_;
};

}  // namespace rocmfix
