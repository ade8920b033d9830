// SPDX-License-Identifier: MIT
// Which build of a framework (PyTorch, llama.cpp, ...) suits a card, and the command that installs
// it, as data: userspace/data/builds.toml, which says what each field means. A file
// /etc/rocmfix/builds.toml replaces entries by name; new ones are preferred to the built-in.
//
// Knows what was published and what others reported; nothing of it was tried on a GPU. Installs
// nothing. Thread-safety: const members may be called from several threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/clause.hpp"
#include "rocmfix/error.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

/// What runs on the GPU. `cuda`: a build for other GPUs, which is listed because people get it.
enum class BuildRoute : std::uint8_t { rocm, vulkan, cpu, cuda };
/// In the order of BuildRoute.
inline constexpr std::array<std::string_view, 4> build_route_words = {"rocm", "vulkan", "cpu",
                                                                      "cuda"};
std::string_view to_string(BuildRoute route);

/// HSA_OVERRIDE_GFX_VERSION with a build on a card. `forbidden`: the build has code for the card's
/// own target, and the variable makes the runtime look for other code.
enum class OverrideNeed : std::uint8_t { none, required, forbidden };
/// In the order of OverrideNeed.
inline constexpr std::array<std::string_view, 3> override_need_words = {"none", "required",
                                                                        "forbidden"};
std::string_view to_string(OverrideNeed need);

/// Something that is known not to work.
struct BuildProblem {
  std::string_view what;
  Strings gfx;  ///< only on these; empty: on all
  std::string_view grade;
  std::string_view source;
};

/// What a build is on some cards.
struct BuildCard {
  Strings gfx;  ///< empty: every card
  OverrideNeed need = OverrideNeed::none;
  std::string_view value;     ///< of HSA_OVERRIDE_GFX_VERSION, where it is required
  std::string_view unusable;  ///< why it does not work on them; empty: it is known to have code
};

struct Build {
  std::string_view name;
  std::string_view title;
  Strings frameworks;
  BuildRoute route = BuildRoute::rocm;
  Strings requirements;  ///< what pip gets; empty: there is a command
  std::string_view index;
  std::string_view command;
  Strings python;
  Strings debian;
  std::string_view needs;
  std::span<const BuildCard> cards;
  std::span<const BuildProblem> problems;
  std::string_view checked;  ///< a date, "2026-11-27"
  std::string_view grade;
  std::string_view source;

  /// nullptr: nothing is known of it on such a card.
  [[nodiscard]] const BuildCard* card(std::string_view target) const;
};

struct Framework {
  std::string_view name;  ///< "pytorch"
  std::string_view title;
  Strings aliases;
  std::string_view builds_of;
  std::string_view then;
  std::string_view place;
  Strings libraries;
  std::string_view alternative;
  std::span<const BuildProblem> problems;
};

/// The tables. Cheap to move; what it hands out lives as long as it, or a copy of it, does.
class Builds {
 public:
  /// The tables compiled in. Never fails, parses nothing.
  static Builds built_in();
  /// Those, with /etc/rocmfix/builds.toml of `root` laid over them.
  /// Errors: invalid with file, line and what is wrong.
  static Result<Builds> load(const Root& root);

  [[nodiscard]] std::span<const Framework> frameworks() const { return frameworks_; }
  /// In order of preference.
  [[nodiscard]] std::span<const Build> builds() const { return builds_; }
  /// By its name or an alias, in any case; nullptr: unknown.
  [[nodiscard]] const Framework* framework(std::string_view name) const;
  /// The framework whose GPU code a library is, by the library's path; nullptr: unknown.
  [[nodiscard]] const Framework* framework_of_library(std::string_view path) const;

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const Framework> frameworks_;
  std::span<const Build> builds_;
};

/// Where a build is to be installed. What is not known is nullopt and excludes nothing.
struct Surroundings {
  /// "12", "13", "sid" (testing, too); "" on another distribution.
  std::optional<std::string> debian;
  std::optional<std::string> python;  ///< "3.13": of the interpreter that gets the packages
  /// ID and ID_LIKE of os-release(5), with blanks between: "linuxmint ubuntu debian". nullopt: a
  /// package's name is Debian's.
  std::optional<std::string> distribution = std::nullopt;
  /// The interpreter that gets them; empty: that of a virtual environment in ./venv, which the
  /// command makes.
  std::string interpreter;
};

/// The release of Debian and the version of /usr/bin/python3 of a machine.
Surroundings surroundings_of(const Root& root);

/// Those of the interpreter that a program runs in: `program` is its file, `library` one of its
/// libraries, in ".../python3.13/site-packages". The interpreter is left empty for one of the
/// distribution, which refuses pip, and for what is none.
Surroundings surroundings_of_program(const Root& root, std::string_view program,
                                     std::string_view library);

/// A build for one card, and what there is to know of it.
struct BuildChoice {
  const Build* build = nullptr;
  const BuildCard* card = nullptr;
  const Framework* framework = nullptr;
  std::string command;  ///< one line for a shell; empty: it does not work on this card
  std::vector<std::string> requirements;  ///< the build's own, for this card
  /// What does not fit the surroundings, or has to be so where they are not known: clauses.
  std::vector<std::string> conditions;
  bool fits = true;  ///< nothing known of the surroundings excludes it
  std::vector<const BuildProblem*> problems;

  [[nodiscard]] bool usable() const { return card != nullptr && card->unusable.empty(); }
  /// It runs on the GPU.
  [[nodiscard]] bool on_gpu() const { return usable() && build->route != BuildRoute::cpu; }
};

/// The builds of `framework` that something is known of on `gfx`, the best first: what fits here,
/// what needs another Python, the CPU, what is for another Debian; at last what does not work.
/// Within these in the order of the table. Refers to `builds`.
std::vector<BuildChoice> builds_for(const Builds& builds, std::string_view gfx,
                                    const Framework& framework, const Surroundings& surroundings);

/// What there is for cards of one target.
struct CardBuilds {
  std::string gfx;
  std::vector<std::string> cards;  ///< what they are called, on the machine or in gpus.toml
  std::vector<std::string> bdfs;   ///< of the machine's own cards; empty: a target was asked about
  std::vector<BuildChoice> builds;
};

/// The first of builds_for() that runs on the GPU and fits; nullopt: none. For a remedy.
std::optional<BuildChoice> best_build(const Builds& builds, std::string_view gfx,
                                      const Framework& framework, const Surroundings& surroundings);

}  // namespace rocmfix
