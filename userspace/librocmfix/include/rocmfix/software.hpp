// SPDX-License-Identifier: MIT
// Which GPU code a command will load, found by reading files: nothing is executed, imported or
// loaded. The basis of the decision on HSA_OVERRIDE_GFX_VERSION (docs/override.md).
//
// Refuses to guess: where the program cannot be identified (a shell, a container, another service),
// or what it loads (a shim, a hook), the state is unknown, with the reason.
//
// Files are hostile until checked: only regular files are read, and numbers of files, of words and
// of levels are bounded. Thread-safety: as for std::map; two calls may run at once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix {

using Environment = std::map<std::string, std::string, std::less<>>;

enum class SoftwareState : std::uint8_t {
  unnamed,  ///< no command was given, or nothing asked for it
  unknown,  ///< it is not known
  none,     ///< it has no GPU code that rocmfix knows of
  known,
};

/// In the order of SoftwareState.
inline constexpr std::array<std::string_view, 4> software_state_words = {"unnamed", "unknown",
                                                                         "none", "known"};
std::string_view to_string(SoftwareState state);

/// A runtime or a library of a distribution's that takes code for other targets, too: Debian's HIP
/// 5.7.1 loads code for gfx1030 on a gfx1031.
struct CodeFallback {
  std::string by;                 ///< the file that does
  std::vector<std::string> code;  ///< code for one of these
  std::vector<std::string> gfx;   ///< runs on these
  std::string source;             ///< of software.toml
};

/// Whether code for one of `targets` is loaded on a GPU of the target `gfx`: as target_covers(), or
/// by a fallback.
bool runs_on(std::span<const std::string> targets, std::span<const CodeFallback> fallbacks,
             std::string_view gfx);

/// A library, or several of which the program loads one, and the targets that it was built for.
struct CarriedCode {
  std::string path;
  std::vector<std::string> targets;  ///< sorted: "gfx1030", "gfx10-3-generic"
  /// The program's own code (libtorch_hip.so, libggml-hip.so, the program itself): without it for
  /// the card, nothing runs. Not so a library of ROCm's, of which each program uses what it needs.
  bool decides = false;
  // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
  std::vector<CodeFallback> fallbacks = {};  ///< of the HIP runtime that loads it
};

struct Software {
  SoftwareState state = SoftwareState::unnamed;
  std::string program;  ///< the file that was examined, or the word that was typed
  std::string why;      ///< unnamed, unknown, none: the reason, a clause
  std::vector<CarriedCode>
      libraries;  ///< known: those with GPU code, at least one of which decides
  /// The command starts the program where this environment does not reach it: the command to use
  /// instead.
  std::string elsewhere;

  /// Known, and every library that was built for some RDNA GPU carries code that `gfx` runs, those
  /// that decide at any rate.
  [[nodiscard]] bool carries(std::string_view gfx) const;
  /// Known, and no library that decides carries code that `gfx` runs.
  [[nodiscard]] bool lacks(std::string_view gfx) const;
};

/// `words` is the command as execvp(3) would get it, `environment` what it would inherit. Relative
/// paths are those of this process. What the libraries carry is remembered in
/// $XDG_CACHE_HOME/rocmfix/code-objects, or ~/.cache/rocmfix; where that cannot be used, it is read
/// again each time.
Software examine_command(std::span<const std::string> words, const Environment& environment);
/// The same for a command inside `root`: a chroot, the disk of another machine. Relative paths are
/// below "/" there, and nothing is remembered.
Software examine_command(const Root& root, std::span<const std::string> words,
                         const Environment& environment);

/// The file name of AddressSanitizer's runtime, where the program of the command is linked with it,
/// so that it ends at once when a preloaded library comes before; empty: it is not, or this is not
/// known, or the environment has it loaded first, or the check switched off. `examined`: what
/// examine_command() said, when it was asked.
std::string runtime_to_come_first(std::span<const std::string> words,
                                  const Environment& environment, const Software& examined);

/// As examine_command() for a Python interpreter that is known to import from `folders` (sys.path),
/// in order.
Software examine_python(std::span<const std::string> folders, const Environment& environment);

}  // namespace rocmfix
