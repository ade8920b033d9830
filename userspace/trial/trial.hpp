// SPDX-License-Identifier: MIT
// `rocmfix trial`: runs a command again and again under several arms, and says whether they differ.
//
// Everything that is known is in the journal; the trial can end at any moment and be continued. The
// driver's state that it changes between runs, it restores.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"
#include "trial/analysis.hpp"
#include "trial/arms.hpp"
#include "trial/bisect.hpp"
#include "trial/journal.hpp"

namespace rocmfix::trial {

struct Options {
  std::vector<std::string> command;
  std::string arms = "stock,safe";
  std::uint64_t runs = 20;               ///< of each arm, at most
  std::uint64_t time_ms = 0;             ///< of the whole trial; 0: no limit
  std::uint64_t timeout_ms = 3'600'000;  ///< of a run
  std::uint64_t settle_ms = 10'000;      ///< before each run
  std::string success = "EXIT";
  bool bisect = false;
  std::optional<std::uint64_t> seed;
  std::string simulate;   ///< cards, as rocmfix-run --simulate has them; empty: none
  std::string directory;  ///< new; empty: one named for the date
};

/// What is in the journal's first line: a trial is continued by it alone.
struct Plan {
  std::vector<std::string> command;
  std::vector<Arm> arms;  ///< as they are set; of a bisection the two ends
  std::uint64_t runs = 0;
  std::uint64_t time_ms = 0;
  std::uint64_t timeout_ms = 0;
  std::uint64_t settle_ms = 0;
  std::string success;
  bool bisect = false;
  std::vector<std::string> factors;  ///< of a bisection: what is searched
  std::uint64_t seed = 0;
  std::string simulate;
  bool livepatch_before = false;  ///< what is restored
  Json machine;
};

enum class End : std::uint8_t {
  complete,  ///< every run was made
  decided,   ///< every comparison has its answer
  time_up,
  stopped,  ///< by a signal
  useless,  ///< the command fails for another reason
  reboot,   ///< the runs that are left need another boot
  failed,   ///< `error`
};
std::string_view to_string(End end);
std::optional<End> parse_end(std::string_view word);

struct Findings {
  Plan plan;
  std::vector<Run> runs;
  Analysis analysis;
  std::optional<Bisection> bisection;
  End end = End::complete;
  std::optional<Error> error;
  std::string next;  ///< what to do to continue: for a reboot
  std::string directory;
  std::uint64_t elapsed_ms = 0;
  bool with_load = false;  ///< other programs used the GPU before a run
};

/// What happens, line by line, for a person.
using Say = std::function<void(const std::string&)>;

/// Errors: invalid for options; not_applicable without a supported GPU; refused without permission;
/// io. What goes wrong later is in the result, with what is known so far.
Result<Findings> begin_trial(const Root& root, const Options& options, const Say& say);
Result<Findings> resume_trial(const Root& root, const std::string& directory, const Say& say);

/// For a terminal; and schema 1, without secrets of the command line.
std::string trial_text(const Findings& findings);
Json trial_document(const Findings& findings);
std::string trial_json(const Findings& findings);
/// A document that trial_json() wrote, perhaps elsewhere. Errors: invalid, with the place, where it
/// has not the form, or says what does not follow from its own runs.
Result<Findings> read_trial(const Json& document);
/// What list_arms() has.
std::string arms_json();

BisectPlan bisect_plan(const Plan& plan);

/// A bisection's arms and factors by their journal form.
Json plan_json(const Plan& plan);
Result<Plan> read_plan(const Json& entry);
Json run_json(const Run& run);
/// nullopt: it is none.
std::optional<Run> read_run(const Json& entry);

}  // namespace rocmfix::trial
