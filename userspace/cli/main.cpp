// SPDX-License-Identifier: MIT
// The command line of `rocmfix`: options in, one verb called. No decision is made here.
#include <CLI/CLI.hpp>

#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "apply.hpp"
#include "env.hpp"
#include "explain.hpp"
#include "livepatch.hpp"
#include "output.hpp"
#include "plan.hpp"
#include "rocmfix/standard_streams.hpp"
#include "sim.hpp"
#include "status.hpp"
#include "verify.hpp"

namespace {

using rocmfix::Profile;
using rocmfix::Root;

struct Options {
  std::string root = "/";
  std::string profile = "safe";
  bool json = false;
  bool dry_run = false;
  bool force = false;
  bool all = false;
  std::string log = "-";
  std::vector<std::string> command;
};

using Verb = std::function<int(const Root&)>;

// What may stand before the verb or after it.
void add_common(CLI::App& app, Options& options) {
  app.add_flag("--json", options.json, "print a JSON document (schema 1)");
  app.add_option("--root", options.root, "look at the machine whose files are in DIR")
      ->type_name("DIR");
}

CLI::App* add_verb(CLI::App& app, Options& options, const std::string& name,
                   const std::string& description) {
  CLI::App* verb = app.add_subcommand(name, description);
  add_common(*verb, options);
  return verb;
}

void add_profile(CLI::App* verb, Options& options) {
  verb->add_option("--profile", options.profile,
                   "safe: what is established; original: the values of the original fix")
      ->check(CLI::IsMember({"safe", "original"}))
      ->type_name("PROFILE");
}

// The command and its own options, behind "--".
void add_command(CLI::App* verb, Options& options) {
  verb->add_option("COMMAND", options.command,
                   "the program that it is for, after --: -- python3 train.py")
      ->type_name("");
}

void add_force(CLI::App* verb, Options& options) {
  verb->add_flag("--force", options.force, "propose also what takes something away");
}

void add_dry_run(CLI::App* verb, Options& options) {
  verb->add_flag("--dry-run", options.dry_run, "show what would be done, change nothing");
}

int usage_error(std::string what, std::string hint) {
  rocmfix::cli::print_error({rocmfix::ErrorCode::invalid, std::move(what), 0, std::move(hint)},
                            false);
  return rocmfix::cli::exit_usage;
}

int parse_failure(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream text;  // --help, --version
    app.exit(error, text, text);
    return rocmfix::cli::print_result(text.str(), rocmfix::cli::exit_ok);
  }
  // CLI11 says of an unknown verb only that a verb is required.
  const auto extra = app.remaining();
  if (error.get_name() == "RequiredError" && !extra.empty()) {
    return usage_error("unknown verb '" + extra.front() + "'", "see rocmfix --help");
  }
  return usage_error(error.what(), "see rocmfix --help, or rocmfix VERB --help");
}

}  // namespace

// One statement a verb, and no branch.  NOLINTNEXTLINE(readability-function-size)
int main(int argc, char** argv) {
  rocmfix::open_standard_streams();
  CLI::App app("Makes Radeon RX 5000 and RX 6000 cards dependable for PyTorch and HIP.", "rocmfix");
  app.set_version_flag("--version", "rocmfix " ROCMFIX_VERSION);
  app.require_subcommand(1);
  Options options;
  add_common(app, options);
  Verb chosen;
  const auto profile = [&] {
    return rocmfix::parse_profile(options.profile).value_or(Profile::safe);
  };

  add_verb(app, options, "status", "the GPUs and the driver, as they are")->callback([&] {
    chosen = [&](const Root& root) { return rocmfix::cli::run_status(root, options.json); };
  });

  CLI::App* plan = add_verb(app, options, "plan", "what is set, what should be, and why");
  add_profile(plan, options);
  add_force(plan, options);
  add_command(plan, options);
  plan->add_flag("--all", options.all, "list every setting that rocmfix knows");
  plan->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_plan(root, {profile(), options.force, std::nullopt, options.all},
                                    options.command, options.json);
    };
  });

  CLI::App* apply = add_verb(app, options, "apply", "put the plan's amdgpu parameters in force");
  add_profile(apply, options);
  add_dry_run(apply, options);
  add_force(apply, options);
  apply->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_apply(root, profile(), options.dry_run, options.force, options.json);
    };
  });

  CLI::App* revert = add_verb(app, options, "revert", "undo apply: put back what was there");
  add_dry_run(revert, options);
  revert->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_revert(root, options.dry_run, options.json);
    };
  });

  CLI::App* verify = add_verb(app, options, "verify", "is it working? exit status 1 when not");
  add_profile(verify, options);
  verify->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_verify(root, profile(), options.json);
    };
  });

  CLI::App* env = add_verb(app, options, "env", "the environment part of the plan, for eval");
  add_profile(env, options);
  add_command(env, options);
  env->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_env(root, profile(), options.command, options.json);
    };
  });

  CLI::App* explain = add_verb(app, options, "explain",
                               "what a log says happened to the GPU, and what may be behind it");
  explain
      ->add_option("LOG", options.log, "kernel log, program's output, or both in one; - is stdin")
      ->type_name("");
  explain->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_explain(root, options.log, options.json);
    };
  });

  CLI::App* livepatch =
      add_verb(app, options, "livepatch", "rocmfix in the running stock driver: on, off, status");
  livepatch->require_subcommand(1);
  add_verb(*livepatch, options, "status", "is it in force? exit status 1 when not")->callback([&] {
    chosen = [&](const Root& root) {
      return rocmfix::cli::run_livepatch_status(root, options.json);
    };
  });
  for (const bool on : {true, false}) {
    add_verb(*livepatch, options, on ? "on" : "off",
             on ? "put it in force now" : "take it out until the next boot, or `on`")
        ->callback([&options, &chosen, on] {
          chosen = [&options, on](const Root& root) {
            return rocmfix::cli::run_livepatch_switch(root, on, options.json);
          };
        });
  }

  CLI::App* sim = add_verb(app, options, "sim", "the simulated GPUs");
  sim->require_subcommand(1);
  add_verb(*sim, options, "list", "the cards that rocmfix-run --simulate knows")->callback([&] {
    chosen = [&](const Root& /*root*/) { return rocmfix::cli::run_sim_list(options.json); };
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parse_failure(app, error);
  }
  const auto root = Root::open(options.root);
  if (!root) {
    return rocmfix::cli::print_error(root.error(), options.json);
  }
  return chosen(*root);
}
