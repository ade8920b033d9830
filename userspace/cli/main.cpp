// SPDX-License-Identifier: MIT
// The command line of `rocmfix`: options in, one verb called. Decides nothing.
#include <CLI/CLI.hpp>

#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output.hpp"
#include "rocmfix/report.hpp"
#include "rocmfix/standard_streams.hpp"
#include "util/version_text.hpp"
#include "verb.hpp"

namespace {

using namespace rocmfix::cli;
using rocmfix::Root;

// In the order of --help.
constexpr const Verb* verbs[] = {
    &doctor_verb,
    &recommend_verb,
    &status_verb,
    &plan_verb,
    &apply_verb,
    &revert_verb,
    &verify_verb,
    &env_verb,
    &explain_verb,
    &report_verb,
    &trial_verb,
    &kernel_source_verb,
    &livepatch_status_verb,
    &livepatch_on_verb,
    &livepatch_off_verb,
};

struct Group {
  const char* name;
  const char* help;
};
constexpr Group groups[] = {
    {"livepatch", "the livepatch of the running stock driver: on, off, status"},
};

struct Options {
  std::string root = "/";
  std::string profile = "safe";
  Request request;
  const Verb* chosen = nullptr;
};

// Options that may precede or follow the verb.
void add_common(CLI::App& app, Options& options) {
  app.add_flag("--json", options.request.json, "print a JSON document (schema 1)");
  app.add_option("--root", options.root,
                 "examine the machine whose root directory is DIR, or that made the report FILE")
      ->type_name("DIR|FILE");
}

void add_report(CLI::App& app, Request& request) {
  app.add_option("-o,--output", request.output,
                 "write FILE (default: rocmfix-report-DATE.tar.zst in this directory)")
      ->type_name("FILE");
  app.add_flag("--text", request.text, "write a text to read instead of an archive to examine");
  app.add_flag("--preview", request.preview, "print all that would be in it, and write nothing");
  app.add_option("--incident", request.incident, "put in the saved report of a fault, or a log")
      ->type_name("FILE");
  app.add_option("--result", request.results, "put in the JSON document of a trial or a self-test")
      ->type_name("FILE");
  app.add_option("--program", request.program, "as for doctor")->type_name("FILE");
}

void add_trial(CLI::App& app, Request& request) {
  TrialRequest& trial = request.trial;
  app.add_option("--arms", trial.arms, "what to compare: the first is the reference (stock,safe)")
      ->type_name("ARM,ARM...");
  app.add_option("--factor", trial.factor, "compare this with stock")
      ->type_name("ARM")
      ->excludes("--arms");
  app.add_option("--runs", trial.runs, "of each arm, at most (20)")->type_name("N");
  app.add_option("--time", trial.time, "begin no run after this: 8h")->type_name("TIME");
  app.add_option("--timeout", trial.timeout, "a longer run is a hang (1h)")->type_name("TIME");
  app.add_option("--settle", trial.settle, "wait before each run (10s)")->type_name("TIME");
  app.add_option("--success", trial.success,
                 "a run is well that prints a line like this, or ends with EXIT:STATUS (EXIT:0)")
      ->type_name("REGEX|EXIT");
  app.add_flag("--bisect", trial.bisect,
               "find the smallest set of factors that makes the second arm work");
  app.add_option("--seed", trial.seed, "of the order of the runs")->type_name("N");
  app.add_option("--simulate", trial.simulate, "on a simulated card, as rocmfix-run")
      ->type_name("CARD");
  app.add_option("-o,--output", request.output, "the directory to make for the results")
      ->type_name("DIR");
  app.add_option("--resume", trial.resume, "continue the trial in DIR")->type_name("DIR");
  app.add_option("--check", trial.check, "check the document of a trial, and print its account")
      ->type_name("FILE")
      ->excludes("--resume");
  app.add_flag("--list", request.list, "list the arms and factors");
}

void add_accepted(CLI::App& app, unsigned accepts, Options& options) {
  Request& request = options.request;
  if ((accepts & accepts_profile) != 0) {
    app.add_option("--profile", options.profile,
                   "safe: settings known to be correct; original: the values of the original fix")
        ->check(CLI::IsMember({"safe", "original"}))
        ->type_name("PROFILE");
  }
  if ((accepts & accepts_dry_run) != 0) {
    app.add_flag("--dry-run", request.dry_run, "show what would be done, change nothing");
  }
  if ((accepts & accepts_force) != 0) {
    app.add_flag("--force", request.force, "also propose settings that take something away");
  }
  if ((accepts & accepts_without) != 0) {
    app.add_option("--without", request.without, "leave this parameter alone; may be repeated")
        ->type_name("NAME")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  if ((accepts & accepts_command) != 0) {
    app.add_option("COMMAND", request.command,
                   "the program that it is about, after --: -- python3 train.py")
        ->type_name("");
  }
  if ((accepts & accepts_all) != 0) {
    app.add_flag("--all", request.all, "list every setting that rocmfix knows");
  }
  if ((accepts & accepts_build) != 0) {
    app.add_option("--for", request.framework, "what to install; by default pytorch")
        ->type_name("FRAMEWORK");
    app.add_option("--gfx", request.gfx, "for another card than this machine's: gfx1031")
        ->type_name("TARGET");
    app.add_flag("--all", request.all, "show the command of every build");
    app.add_flag("--list", request.list, "list the frameworks");
  }
  if ((accepts & accepts_log) != 0) {
    app.add_option("LOG", request.log, "kernel log, program output, or both; - is stdin")
        ->type_name("");
    app.add_flag("--follow", request.follow,
                 "pass stdin through to stdout unchanged; report on stderr when a fault is found");
  }
  if ((accepts & accepts_checks) != 0) {
    app.add_option("CHECK", request.checks, "make these checks only")->type_name("");
    app.add_option("--program", request.program,
                   "the interpreter, script or binary that is to use the GPU (default: python3)")
        ->type_name("FILE");
    app.add_option("--explain", request.explain, "tell what a check reads and what it means")
        ->type_name("CHECK");
    app.add_flag("--list", request.list, "list the checks");
    app.add_flag("-v,--verbose", request.verbose, "show what each verdict was concluded from");
  }
  if ((accepts & accepts_kernel) != 0) {
    app.add_option("--kernel", request.kernel, "as in uname -r (default: the running kernel)")
        ->type_name("VERSION");
  }
  if ((accepts & accepts_trial) != 0) {
    add_trial(app, request);
  }
  if ((accepts & accepts_report) != 0) {
    add_report(app, request);
  }
}

void add_verb(CLI::App& app, const Verb& verb, Options& options) {
  CLI::App* const made = app.add_subcommand(verb.name, verb.help);
  add_common(*made, options);
  add_accepted(*made, verb.accepts, options);
  made->callback([&options, &verb] { options.chosen = &verb; });
}

void add_verbs(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  add_common(app, options);
  for (const Verb* verb : verbs) {
    if (verb->group == nullptr) {
      add_verb(app, *verb, options);
    }
  }
  for (const Group& group : groups) {
    CLI::App* const made = app.add_subcommand(group.name, group.help);
    made->require_subcommand(1);
    add_common(*made, options);
    for (const Verb* verb : verbs) {
      if (verb->group != nullptr && std::string_view(verb->group) == group.name) {
        add_verb(*made, *verb, options);
      }
    }
  }
}

int usage_error(std::string what, std::string hint) {
  print_error({rocmfix::ErrorCode::invalid, std::move(what), 0, std::move(hint)}, false);
  return exit_usage;
}

int parse_failure(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream text;  // --help, --version
    app.exit(error, text, text);
    return print_result(text.str(), exit_ok);
  }
  // CLI11 says of an unknown verb only that a verb is required.
  const auto extra = app.remaining();
  if (error.get_name() == "RequiredError" && !extra.empty()) {
    return usage_error("unknown verb '" + extra.front() + "'", "see rocmfix --help");
  }
  return usage_error(error.what(), "see rocmfix --help, or rocmfix VERB --help");
}

}  // namespace

int main(int argc, char** argv) {
  rocmfix::open_standard_streams();
  CLI::App app("Makes Radeon RX 5000 and RX 6000 cards dependable for PyTorch and HIP.", "rocmfix");
  app.set_version_flag("--version", rocmfix::version_text("rocmfix"));
  Options options;
  add_verbs(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parse_failure(app, error);
  }
  options.request.profile =
      rocmfix::parse_profile(options.profile).value_or(rocmfix::Profile::safe);
  const auto opened = rocmfix::ExaminedRoot::open(options.root);
  if (!opened) {
    return print_error(opened.error(), options.request.json);
  }
  const Root& root = opened->root();
  if (root.captured() != nullptr && (options.chosen->accepts & needs_machine) != 0) {
    return print_error({rocmfix::ErrorCode::refused, "a report is only to be read", 0,
                        "--root with a directory, or without it for this machine"},
                       options.request.json);
  }
  return options.chosen->run(root, options.request);
}
