// SPDX-License-Identifier: MIT
// What is wrong with an installation before anything crashes: checks, each of which reads files
// and says what it found, what that means for these cards, and the one thing to type.
//
// Refuses to: import or run what it examines, open a device node, wake a suspended GPU, need root,
// or fail as a whole because one check cannot be made (CheckVerdict::unknown, with the reason).
// What the checks are is data: userspace/data/checks.toml, which docs/checks.md is made of.
//
// Thread-safety: as for std::map; two examinations may run at once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/program_facts.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

/// From good to bad, as far as they can be compared.
enum class CheckVerdict : std::uint8_t {
  ok,
  note,     ///< worth knowing; nothing has to be done
  unknown,  ///< it could not be found out
  warning,  ///< it costs speed or stability, or will do harm in some programs
  problem,  ///< something does not work, or is a known cause of faults
};
/// In the order of CheckVerdict; as in JSON.
inline constexpr std::array<std::string_view, 5> check_verdict_words = {"ok", "note", "unknown",
                                                                        "warning", "problem"};
std::string_view to_string(CheckVerdict verdict);

/// A check as people read about it: checks.toml.
struct CheckText {
  std::string_view id;                       ///< stable: "isa-program"
  std::string_view title;                    ///< what it asks, a clause
  std::string_view reads;                    ///< the files and facts that it goes by
  std::string_view means;                    ///< what a bad verdict means, and what helps
  std::span<const std::string_view> causes;  ///< of faults.toml, that it can find beforehand
  std::string_view grade;                    ///< util/grade.hpp
  std::string_view source;
  bool slow = false;  ///< it may take longer than all others together: made last
};

/// What a check found on the machine, or on one GPU.
struct Finding {
  CheckVerdict verdict = CheckVerdict::unknown;
  std::string gpu;                    ///< PCI address; empty: it is about the machine
  std::string summary;                ///< a clause: what was found
  std::vector<std::string> evidence;  ///< what it was concluded from: "PATH: VALUE"
  std::string remedy;                 ///< what it means for this card and what to do, sentences
  std::string command;                ///< to type; empty: there is none
  std::string grade;                  ///< of this finding, where it differs from the check's
  std::string source;                 ///< likewise
};

struct CheckResult {
  const CheckText* check = nullptr;
  Finding finding;
};

/// What no file below a root shows.
struct Circumstances {
  Environment environment;  ///< that programs inherit; empty for a captured root
  ProgramFacts program;
};

/// `asked`: an interpreter, a script or a binary; empty: the python3 of the active environment
/// (VIRTUAL_ENV, CONDA_PREFIX) or of PATH, if it has a package that can have GPU code; of a report,
/// the program that it was made for. Errors: invalid when there is no such program.
Result<Circumstances> gather_circumstances(const Root& root, const std::string& asked);

struct Examination {
  std::string distribution;  ///< PRETTY_NAME of os-release; empty: unknown
  std::string rocm;          ///< the version of the ROCm that programs are linked with by default
  Machine machine;
  bool gpus_hidden = false;  ///< a supported GPU may be there: what shows GPUs cannot be read
  ProgramFacts program;
  std::vector<CheckResult> results;  ///< in the order of checks.toml, the slow ones last; none
                                     ///< for a check that does not apply here
  std::size_t checked = 0;           ///< how many checks were made
  /// No problem and no warning.
  [[nodiscard]] bool ok() const;
};

std::span<const CheckText> check_texts();
/// null: there is none of that id.
const CheckText* find_check(std::string_view id);

/// Called before a slow check is made.
using CheckProgress = std::function<void(const CheckText& check)>;

/// Makes the checks named in `only`, or all of them; without a supported GPU only those that say
/// why there is none. Errors: invalid for an unknown id.
Result<Examination> examine(const Root& root, const Circumstances& circumstances,
                            std::span<const std::string> only = {},
                            const CheckProgress& progress = {});

/// {"schema":1,"ok","machine":{"distribution","kernel","driver","rocm","gpus":[{"bdf","name","gfx",
/// "supported"}]},"program":{"command","implied","file","code","why","libraries":[{"path",
/// "targets","decides"}]}|null,"checks":[{"id","verdict","gpu","summary","evidence","remedy",
/// "command","causes","grade","source"}]}
std::string doctor_json(const Examination& examination);
/// {"schema":1,"checks":[{"id","title","reads","means","causes","grade","source"}]}
std::string check_texts_json(std::span<const CheckText> texts);

}  // namespace rocmfix
