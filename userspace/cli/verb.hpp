// SPDX-License-Identifier: MIT
// A verb of the command: its name, its line in --help, what it accepts and what it does. Each is
// defined in the file of its name; main.cpp lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// What trial accepts, as typed. Empty: not given.
struct TrialRequest {
  std::string arms = "stock,safe";
  std::string factor;
  std::uint64_t runs = 20;
  std::string time;
  std::string timeout;
  std::string settle;
  std::string success = "EXIT";
  std::string resume;
  std::string check;  ///< a document that somebody wrote
  std::string simulate;
  std::optional<std::uint64_t> seed;
  bool bisect = false;
};

/// What the command line asks for, besides --root.
struct Request {
  Profile profile = Profile::safe;
  bool json = false;
  bool dry_run = false;
  bool force = false;
  std::vector<std::string> without;  ///< apply: parameters that are left alone
  bool all = false;
  std::string log = "-";              ///< a file, or "-"
  bool follow = false;                ///< the log passes through
  std::vector<std::string> command;   ///< what the answer is for; empty: not known
  std::string framework = "pytorch";  ///< recommend: what to install
  std::string gfx;                    ///< recommend: a target; empty: this machine's cards
  std::string program;                ///< doctor: what to examine; empty: python3
  std::vector<std::string> checks;    ///< doctor: these only
  std::string explain;                ///< doctor: the check to tell about
  bool list = false;
  bool verbose = false;
  std::string output;                ///< report: the file to write; empty: one named for the date
  std::string incident;              ///< report: a file to put in
  std::vector<std::string> results;  ///< report: documents of trials and self-tests
  bool text = false;                 ///< report: not packed
  bool preview = false;              ///< report: print it, write nothing
  std::string kernel;                ///< kernel-source: as in uname -r; empty: the running one
  TrialRequest trial;
};

/// What a verb accepts besides --json and --root: a sum.
enum Accepts : unsigned {
  accepts_nothing = 0,
  accepts_profile = 1,
  accepts_force = 2,
  accepts_dry_run = 4,
  accepts_command = 8,
  accepts_all = 16,
  accepts_log = 32,
  accepts_checks = 64,
  accepts_build = 128,
  accepts_report = 256,
  accepts_kernel = 1024,
  accepts_trial = 2048,
  accepts_without = 4096,
  needs_machine = 512,  ///< it changes something, or makes a report: a report is only to be read
};

struct Verb {
  const char* group;  ///< the word before its name, as in `livepatch on`; nullptr: none
  const char* name;
  const char* help;
  unsigned accepts;
  int (*run)(const Root& root, const Request& request);  ///< returns the exit status
};

extern const Verb doctor_verb;            ///< status 1 for a warning or a problem
extern const Verb status_verb;            ///< status 3 when no GPU is supported
extern const Verb plan_verb;              ///< what is set, what the profile would set, and why
extern const Verb apply_verb;             ///< writes /etc/modprobe.d/rocmfix.conf
extern const Verb revert_verb;            ///< restores what was there before apply
extern const Verb verify_verb;            ///< one line a check; status 1 when one fails
extern const Verb env_verb;               ///< shell lines for `eval`; warnings to stderr
extern const Verb recommend_verb;         ///< status 3 for a card that is not supported
extern const Verb explain_verb;           ///< what a log says happened to a GPU
extern const Verb report_verb;            ///< status 0 whatever is wrong with the machine
extern const Verb kernel_source_verb;     ///< downloads, when told to
extern const Verb trial_verb;             ///< status 1 for a trial that is not complete
extern const Verb livepatch_status_verb;  ///< status 1 when it is not in force
extern const Verb livepatch_on_verb;
extern const Verb livepatch_off_verb;

}  // namespace rocmfix::cli
