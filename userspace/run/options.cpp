// SPDX-License-Identifier: MIT
// Options of rocmfix-run. getopt_long(3) and not CLI11: a launch pays for every instruction
// before the command starts, and "+" (stop at the command) is what a launcher needs.
#include "options.hpp"

#include <getopt.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace rocmfix::run {

const char* const help_text =
    R"(Usage: rocmfix-run [OPTION]... [--] COMMAND [ARG]...
Run COMMAND with the environment that suits this machine's RDNA1 or RDNA2 GPU.

A variable that you have set, even to nothing, stays as it is. One that is known
to cause GPU memory faults here is named on stderr. Without a supported GPU
nothing is set and COMMAND simply runs.

Options, and the variable that stands for each:
      --profile NAME   safe (default) or original     ROCMFIX_PROFILE
      --root DIR       take the facts from DIR         ROCMFIX_ROOT
  -q, --quiet          no warnings                     ROCMFIX_QUIET=1
  -v, --verbose        say what is set, and why        ROCMFIX_VERBOSE=1
  -n, --dry-run        print what would be done; run nothing
      --json           with --dry-run: print it as JSON
  -h, --help           print this help
      --version        print the version

Exit status: COMMAND's own; 2 wrong usage; 125 rocmfix-run itself failed;
126 COMMAND cannot be run; 127 COMMAND was not found.
)";

namespace {

// Long options have codes of their own, also where a letter means the same: so that an error can
// name what was typed.
enum LongOption : int {
  option_profile = 0x100,
  option_root,
  option_quiet,
  option_verbose,
  option_dry_run,
  option_json,
  option_help,
  option_version,
};

constexpr std::array<option, 9> long_options{{
    {"profile", required_argument, nullptr, option_profile},
    {"root", required_argument, nullptr, option_root},
    {"quiet", no_argument, nullptr, option_quiet},
    {"verbose", no_argument, nullptr, option_verbose},
    {"dry-run", no_argument, nullptr, option_dry_run},
    {"json", no_argument, nullptr, option_json},
    {"help", no_argument, nullptr, option_help},
    {"version", no_argument, nullptr, option_version},
    {nullptr, 0, nullptr, 0},
}};

constexpr std::string_view see_help = "see rocmfix-run --help";

Error usage_error(std::string what, std::string_view hint = see_help) {
  return {.code = ErrorCode::invalid, .what = std::move(what), .hint = std::string(hint)};
}

/// A variable that is set to nothing counts as not set: `ROCMFIX_ROOT= rocmfix-run ...` is how a
/// shell user takes one back for a single call.
const char* own_variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value != nullptr && *value != '\0' ? value : nullptr;
}

Result<bool> read_switch(const char* name) {
  const char* const text = own_variable(name);
  if (text == nullptr) {
    return false;
  }
  const std::string_view value = text;
  for (const std::string_view yes : {"1", "y", "yes", "true", "on"}) {
    if (value == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "n", "no", "false", "off"}) {
    if (value == no) {
      return false;
    }
  }
  return fail(usage_error(std::string(name) + " has the value '" + text + "'",
                          "set it to 1 or 0, or leave it unset"));
}

Result<Profile> read_profile(std::string_view text, std::string_view origin) {
  if (const auto profile = parse_profile(text)) {
    return *profile;
  }
  return fail(usage_error(std::string(origin) + ": no profile is named '" + std::string(text) + "'",
                          "the profiles are safe and original"));
}

std::string rejected_option(int code, char** argv) {
  // getopt leaves a letter in optopt, the code of a long option, or 0 for one it does not know.
  const bool is_letter = optopt > 0 && optopt < option_profile;
  const std::string typed =
      is_letter ? std::string("-") + static_cast<char>(optopt) : std::string(argv[optind - 1]);
  return (code == ':' ? "missing value after " : "unknown option or wrong use of it: ") + typed;
}

/// What the flags said; a variable fills in what they left open.
struct Flags {
  Action action = Action::run;
  std::optional<Verbosity> verbosity;
  const char* profile = nullptr;
  const char* root = nullptr;
  bool json = false;
};

Result<Flags> read_flags(int argc, char** argv) {
  Flags flags;
  opterr = 0;
  int code = 0;
  // "+": stop at the command. ":": tell a missing value from an unknown option.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while ((code = getopt_long(argc, argv, "+:qvnh", long_options.data(), nullptr)) != -1) {
    switch (code) {
      case option_profile:
        flags.profile = optarg;
        break;
      case option_root:
        flags.root = optarg;
        break;
      case option_json:
        flags.json = true;
        break;
      case 'q':
      case option_quiet:
        flags.verbosity = Verbosity::quiet;
        break;
      case 'v':
      case option_verbose:
        flags.verbosity = Verbosity::verbose;
        break;
      case 'n':
      case option_dry_run:
        flags.action = Action::dry_run;
        break;
      case 'h':
      case option_help:
        flags.action = Action::help;
        return flags;
      case option_version:
        flags.action = Action::version;
        return flags;
      default:
        return fail(usage_error(rejected_option(code, argv)));
    }
  }
  return flags;
}

Result<Verbosity> read_verbosity(const Flags& flags) {
  // Both are read before either decides: a misspelt value must never be passed over in silence.
  const auto quiet = read_switch("ROCMFIX_QUIET");
  const auto verbose = read_switch("ROCMFIX_VERBOSE");
  for (const auto* const variable : {&quiet, &verbose}) {
    if (!*variable) {
      return fail(variable->error());
    }
  }
  if (flags.verbosity) {
    return *flags.verbosity;
  }
  if (*quiet) {
    return Verbosity::quiet;
  }
  return *verbose ? Verbosity::verbose : Verbosity::normal;
}

Result<Options> complete(const Flags& flags, char** command) {
  Options options{.action = flags.action, .json = flags.json, .command = command};
  const auto verbosity = read_verbosity(flags);
  if (!verbosity) {
    return fail(verbosity.error());
  }
  options.verbosity = *verbosity;

  const char* const profile =
      flags.profile != nullptr ? flags.profile : own_variable("ROCMFIX_PROFILE");
  if (profile != nullptr) {
    const auto parsed =
        read_profile(profile, flags.profile != nullptr ? "--profile" : "ROCMFIX_PROFILE");
    if (!parsed) {
      return fail(parsed.error());
    }
    options.profile = *parsed;
  }
  const char* const root = flags.root != nullptr ? flags.root : own_variable("ROCMFIX_ROOT");
  if (root != nullptr) {
    options.root = root;
  }
  return options;
}

}  // namespace

Result<Options> parse_options(int argc, char** argv) {
  const auto flags = read_flags(argc, argv);
  if (!flags) {
    return fail(flags.error());
  }
  if (flags->action == Action::help || flags->action == Action::version) {
    return Options{.action = flags->action};
  }
  char** const command = argv + optind;
  if (flags->json && flags->action != Action::dry_run) {
    return fail(usage_error("--json is of use only with --dry-run"));
  }
  // `--dry-run` alone is a fair question: what would be set for any command?
  if (*command == nullptr && flags->action != Action::dry_run) {
    return fail(usage_error("no command to run", "for example: rocmfix-run python3 train.py"));
  }
  return complete(*flags, command);
}

}  // namespace rocmfix::run
