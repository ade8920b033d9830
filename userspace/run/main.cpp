// SPDX-License-Identifier: MIT
// rocmfix-run: sets the environment part of the plan, adds the interposer to LD_PRELOAD, and runs
// the command: under supervision where there is a GPU that can fault (supervise.hpp), else it
// becomes the command.
//
// No variable that the user has set is changed but LD_PRELOAD, which grows, and those of a
// mitigation that says so (mitigations.toml).
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "container.hpp"
#include "options.hpp"
#include "preparation.hpp"
#include "ranks.hpp"
#include "report.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/standard_streams.hpp"
#include "simulated_cards.hpp"
#include "simulation.hpp"
#include "supervisor/supervise.hpp"
#include "util/version_text.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

// As env(1) and sh(1) have them.
enum ExitStatus : int { usage = 2, own_failure = 125, not_executable = 126, not_found = 127 };

int report(const Error& error, int status) {
  write_stderr(error_text(error));
  return status;
}

int print(std::string_view text) {
  const auto written = write_stdout(text);
  return written ? EXIT_SUCCESS : report(written.error(), own_failure);
}

int print_dry_run(const Options& options, const Preparation& preparation) {
  return print(options.json ? environment_json(preparation.environment)
                            : dry_run_text(options, preparation));
}

int print_container(const Options& options, const Preparation& preparation) {
  if (!preparation.supported) {
    return report({.code = ErrorCode::not_applicable,
                   .what = "no RDNA1 or RDNA2 GPU here that a container could use",
                   .hint = "rocmfix status shows the GPUs that were found"},
                  own_failure);
  }
  return print(options.json ? container_json(preparation) : container_text(preparation));
}

/// The plan never over what is set, whatever it says: the last guard of "the user wins".
bool set_environment(const Preparation& preparation) {
  for (const EnvironmentChange& change : preparation.environment.set) {
    if (setenv(change.name.c_str(), change.value.c_str(), /*overwrite=*/0) != 0) {
      return false;
    }
  }
  for (const EnvironmentChange& change : preparation.preload.changes) {
    if (setenv(change.name.c_str(), change.value.c_str(), /*overwrite=*/1) != 0) {
      return false;
    }
  }
  // For programs that know no torchrun; also without a GPU, or the ranks of one job would differ.
  if (was_started_again() && setenv("ROCMFIX_RESUME", "1", /*overwrite=*/0) != 0) {
    return false;
  }
  // How a child, or a bug report, can tell that it was launched through rocmfix-run.
  return !preparation.supported || setenv("ROCMFIX_VERSION", ROCMFIX_VERSION, 1) == 0;
}

std::string exec_hint(std::string_view command, int errnum) {
  if (errnum == ENOENT && command.find('=') != std::string_view::npos) {
    return "to set a variable, use env: rocmfix-run env NAME=VALUE COMMAND";
  }
  if (errnum == ENOENT && access(command.data(), F_OK) == 0 &&
      command.find('/') != std::string_view::npos) {
    return "it exists, but the interpreter named in its first line, or its loader, does not";
  }
  if (errnum == ENOENT) {
    return "is it installed, and is its directory in PATH?";
  }
  if (errnum == EACCES) {
    return "is it a file, and executable? chmod +x, or run it through its interpreter";
  }
  return {};
}

int become(char** command) {
  execvp(*command, command);
  const int errnum = errno;
  const Error error{.code = ErrorCode::io,
                    .what = "cannot run " + quoted(*command),
                    .errnum = errnum,
                    .hint = exec_hint(*command, errnum)};
  return report(error, errnum == ENOENT ? not_found : not_executable);
}

int launch_supervised(const Options& options, const Preparation& preparation) {
  const auto status = supervise({.options = &options,
                                 .preparation = &preparation,
                                 .set_environment = [&] { return set_environment(preparation); },
                                 .become = [&] { return become(options.command); }});
  return status ? *status : report(status.error(), own_failure);
}

/// Whoever has started the ranks has to start all of them again.
void leave_retries_to_torchrun(Options& options) {
  if (options.verbosity != Verbosity::quiet) {
    write_stderr(
        "rocmfix-run: warning: --retries is not used for one of several ranks, for which the "
        "others "
        "wait: torchrun --max-restarts starts all of them again\n");
  }
  options.supervision.retries = 0;
}

int launch(Options& options, char** argv) {
  if (const auto entered = enter_simulation(options, argv); !entered) {
    return report(entered.error(), own_failure);
  }
  if (options.supervision.retries > 0 && is_one_of_several_ranks()) {
    leave_retries_to_torchrun(options);
  }
  const auto preparation = prepare(options);
  if (!preparation) {
    return report(preparation.error(), own_failure);
  }
  if (options.action == Action::dry_run) {
    return print_dry_run(options, *preparation);
  }
  if (options.action == Action::print_container) {
    return print_container(options, *preparation);
  }
  if (options.verbosity == Verbosity::verbose) {
    write_stderr(verbose_text(*preparation));
  } else if (options.verbosity == Verbosity::normal) {
    write_stderr(warning_text(preparation->environment));
  }
  if (is_supervised(options, *preparation)) {
    return launch_supervised(options, *preparation);
  }
  if (!set_environment(*preparation)) {
    return report(io_error("cannot set the environment", errno), own_failure);
  }
  return become(options.command);
}

}  // namespace

}  // namespace rocmfix::run

int main(int argc, char** argv) {
  using namespace rocmfix::run;
  rocmfix::open_standard_streams(/*inherited=*/false);
  auto options = parse_options(argc, argv);
  if (!options) {
    return report(options.error(), usage);
  }
  switch (options->action) {
    case Action::help:
      return print(help_text);
    case Action::list_cards:
      return print(options->json ? cards_json() : cards_text());
    case Action::version:
      return print(rocmfix::version_text("rocmfix-run") + "\n");
    default:
      return launch(*options, argv);
  }
}
