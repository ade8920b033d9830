// SPDX-License-Identifier: MIT
// Options of rocmfix-run. getopt_long(3) and not CLI11: a launch pays for every instruction
// before the command starts, and "+" (stop at the command) is what a launcher needs.
#include "options.hpp"

#include <getopt.h>

#include <array>
#include <optional>
#include <string_view>

#include "variables.hpp"

namespace rocmfix::run {

const char* const help_text =
    R"(Usage: rocmfix-run [OPTION]... [--] COMMAND [ARG]...
Run COMMAND with the environment that suits this machine's RDNA1 or RDNA2 GPU.

A variable that you have set, even to an empty value, is kept. One that is known
to cause GPU memory faults here is named on stderr. librocmfix-hip.so is added
to LD_PRELOAD. Without a supported GPU nothing is set and COMMAND simply runs.

Options, each with the variable of the same meaning:
      --profile NAME   safe (default) or original     ROCMFIX_PROFILE
      --coherence WHICH  make host memory non-coherent: auto (default), data, all,
                         off                           ROCMFIX_COHERENCE
      --communicators LIB[,LIB]  also leave coherent what these libraries allocate
                                                       ROCMFIX_COMMUNICATORS
      --vram-cap CAP   of VRAM: 0.8 (default), 5G, off ROCMFIX_VRAM_CAP
      --oom HOW        beyond it: fail (default), host ROCMFIX_OOM
      --no-hip         without librocmfix-hip.so       ROCMFIX_HIP=0
      --no-plan        set and warn about no variable of the plan
                                                       ROCMFIX_PLAN=0
      --simulate CARD[,CARD]  on simulated GPUs        ROCMFIX_SIM
      --simulate list  print the cards that can be simulated
      --retries N      after a GPU fault, start COMMAND again, N times at most
                                                       ROCMFIX_RETRIES
      --retry-on WHAT  fault (default), or crash: also after a crash that shows no
                       sign of a GPU fault             ROCMFIX_RETRY_ON
      --hang-after TIME  end COMMAND when it hangs: no sign of life for 30m, 90s, ...;
                       auto, auto:2m, or off (default)  ROCMFIX_HANG_AFTER
      --root DIR       take the facts from DIR         ROCMFIX_ROOT
  -q, --quiet          no warnings                     ROCMFIX_QUIET=1
  -v, --verbose        say what is set, and why        ROCMFIX_VERBOSE=1
  -n, --dry-run        print what would be done; run nothing
      --print-container  print what a container needs to use the GPU, for docker and
                       podman; run nothing
      --json           with --dry-run, --print-container or --simulate list: print
                       it as JSON
  -h, --help           print this help
      --version        print the version

Exit status: COMMAND's own; 2 usage error; 125 rocmfix-run itself failed;
126 COMMAND cannot be run; 127 COMMAND was not found.
)";

namespace {

// Long options have codes of their own, also where a letter means the same: so that an error can
// name what was typed.
enum LongOption : int {
  option_profile = 0x100,
  option_coherence,
  option_communicators,
  option_vram_cap,
  option_oom,
  option_no_hip,
  option_no_plan,
  option_simulate,
  option_retries,
  option_retry_on,
  option_hang_after,
  option_root,
  option_quiet,
  option_verbose,
  option_dry_run,
  option_print_container,
  option_json,
  option_help,
  option_version,
};

constexpr std::array<option, 20> long_options{{
    {"profile", required_argument, nullptr, option_profile},
    {"coherence", required_argument, nullptr, option_coherence},
    {"communicators", required_argument, nullptr, option_communicators},
    {"vram-cap", required_argument, nullptr, option_vram_cap},
    {"oom", required_argument, nullptr, option_oom},
    {"no-hip", no_argument, nullptr, option_no_hip},
    {"no-plan", no_argument, nullptr, option_no_plan},
    {"simulate", required_argument, nullptr, option_simulate},
    {"retries", required_argument, nullptr, option_retries},
    {"retry-on", required_argument, nullptr, option_retry_on},
    {"hang-after", required_argument, nullptr, option_hang_after},
    {"root", required_argument, nullptr, option_root},
    {"quiet", no_argument, nullptr, option_quiet},
    {"verbose", no_argument, nullptr, option_verbose},
    {"dry-run", no_argument, nullptr, option_dry_run},
    {"print-container", no_argument, nullptr, option_print_container},
    {"json", no_argument, nullptr, option_json},
    {"help", no_argument, nullptr, option_help},
    {"version", no_argument, nullptr, option_version},
    {nullptr, 0, nullptr, 0},
}};

Result<Profile> read_profile(std::string_view text, std::string_view origin) {
  if (const auto profile = parse_profile(text)) {
    return *profile;
  }
  return fail(usage_error(std::string(origin) + ": no profile is named " + quoted(text),
                          "the profiles are safe and original"));
}

std::string rejected_option(int code, char** argv) {
  // getopt leaves a letter in optopt, the code of a long option, or 0 for one it does not know.
  const bool is_letter = optopt > 0 && optopt < option_profile;
  const std::string typed =
      is_letter ? std::string("-") + static_cast<char>(optopt) : std::string(argv[optind - 1]);
  return (code == ':' ? "missing value after " : "unknown or misused option: ") + shortened(typed);
}

/// What the flags said; a variable fills in what they left open.
struct Flags {
  Action action = Action::run;
  std::optional<Verbosity> verbosity;
  const char* profile = nullptr;
  const char* root = nullptr;
  SupervisionFlags supervision;
  LayerFlags layer;
  bool no_plan = false;
  bool json = false;
};

/// False: none of the interposer's.
bool read_layer_flag(int code, const char* value, LayerFlags& layer) {
  switch (code) {
    case option_coherence:
      layer.coherence = value;
      return true;
    case option_communicators:
      layer.communicators = value;
      return true;
    case option_vram_cap:
      layer.vram_cap = value;
      return true;
    case option_oom:
      layer.out_of_memory = value;
      return true;
    case option_no_hip:
      layer.no_hip = true;
      return true;
    case option_simulate:
      layer.simulate = value;
      return true;
    default:
      return false;
  }
}

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
      case option_retries:
        flags.supervision.retries = optarg;
        break;
      case option_retry_on:
        flags.supervision.retry_on = optarg;
        break;
      case option_hang_after:
        flags.supervision.hang_after = optarg;
        break;
      case option_no_plan:
        flags.no_plan = true;
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
      case option_print_container:
        flags.action = Action::print_container;
        break;
      case 'h':
      case option_help:
        flags.action = Action::help;
        return flags;
      case option_version:
        flags.action = Action::version;
        return flags;
      default:
        if (!read_layer_flag(code, optarg, flags.layer)) {
          return fail(usage_error(rejected_option(code, argv)));
        }
    }
  }
  return flags;
}

Result<Verbosity> read_verbosity(const Flags& flags) {
  // Both are read before either decides: a misspelt value must never be silently ignored.
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
  const auto planned = read_switch("ROCMFIX_PLAN", true);
  if (!planned) {
    return fail(planned.error());
  }
  options.planned = *planned && !flags.no_plan;
  const char* const root = flags.root != nullptr ? flags.root : own_variable("ROCMFIX_ROOT");
  if (root != nullptr) {
    options.root = root;
  }
  const auto supervision = complete_supervision(flags.supervision);
  if (!supervision) {
    return fail(supervision.error());
  }
  options.supervision = *supervision;
  LayerFlags layer_flags = flags.layer;
  if (flags.verbosity) {
    layer_flags.verbose_layer = *flags.verbosity == Verbosity::verbose;
  }
  auto layer = complete_layer(layer_flags);
  if (!layer) {
    return fail(layer.error());
  }
  options.layer = std::move(*layer);
  if (root != nullptr && !options.layer.simulated.empty()) {
    return fail(usage_error(
        "the facts cannot come from " + options.root + " and from a simulated card at once",
        "leave out --root (ROCMFIX_ROOT) or --simulate (ROCMFIX_SIM)"));
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
  if (flags->layer.simulate != nullptr && std::string_view(flags->layer.simulate) == "list") {
    return Options{.action = Action::list_cards, .json = flags->json};
  }
  char** const command = argv + optind;
  const bool prints = flags->action == Action::dry_run || flags->action == Action::print_container;
  if (flags->json && !prints) {
    return fail(
        usage_error("--json works only with --dry-run, --print-container or --simulate list"));
  }
  // `--dry-run` alone is a fair question: what would be set for any command?
  if (*command == nullptr && !prints) {
    return fail(usage_error("no command to run", "for example: rocmfix-run python3 train.py"));
  }
  return complete(*flags, command);
}

}  // namespace rocmfix::run
