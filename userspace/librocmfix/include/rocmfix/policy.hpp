// SPDX-License-Identifier: MIT
// The facts rocmfix acts on, as data: which chip is which, and what each driver parameter and
// environment variable does on it. userspace/data/*.toml is the one place where they are written;
// the build turns it into constant tables, so that a launcher start parses nothing.
// A file of the same name in /etc/rocmfix/ adds to the tables or replaces entries by name.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rocmfix/clause.hpp"
#include "rocmfix/error.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

/// RDNA1 is GC 10.1.x, RDNA2 is GC 10.3.x; nothing else is ever touched.
enum class Family : std::uint8_t { other, rdna1, rdna2 };
/// In the order of Family.
inline constexpr std::array<std::string_view, 3> family_words = {"other", "RDNA1", "RDNA2"};
inline constexpr Strings supported_families = Strings(family_words).subspan(1);
enum class Layer : std::uint8_t { module, environment };
enum class Profile : std::uint8_t { safe, original };
enum class Effect : std::uint8_t { unknown, no_op, useful, harmful };

std::string_view to_string(Family family);    ///< "RDNA1", "RDNA2", "other"
std::string_view to_string(Layer layer);      ///< "module", "environment"
std::string_view to_string(Profile profile);  ///< "safe", "original"
std::string_view to_string(Effect effect);    ///< "unknown", "no-op", "useful", "harmful"
std::optional<Profile> parse_profile(std::string_view text);

/// Version of the Graphics Core IP block, e.g. 10.3.2.
struct GcVersion {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned revision = 0;
  auto operator<=>(const GcVersion&) const = default;  // NOLINT(modernize-use-nullptr): LLVM 14
};

/// A GPU chip: gpus.toml.
struct Chip {
  std::string_view name;  ///< "Navi 10"
  std::string_view gfx;   ///< "gfx1010"
  bool apu = false;
  std::span<const GcVersion> gc;       ///< its GC versions; two for a few APUs
  std::span<const std::uint16_t> pci;  ///< PCI device ids, vendor 1002
};

/// "Under `when`, the profile sets `value`." The first that holds counts; none: leave it alone.
struct Proposal {
  Profile profile = Profile::safe;
  std::string_view value;
  Clauses when;  ///< of settings.toml's keys (policy/condition.hpp)
};

/// "Under `when`, this value does that." The first that holds counts; none: unknown.
struct Judgement {
  Effect effect = Effect::unknown;
  Clauses when;
  std::string_view reason;
  std::string_view source;  ///< kernel file or commit, issue number, or measurement
  bool warn = false;        ///< of a variable: worth a warning, although it does no harm
};

/// The placeholder for a fact of the machine in a reason: "{gpus}" (reason_text.hpp).
bool is_placeholder(std::string_view name);

/// A driver parameter or an environment variable: settings.toml.
struct Setting {
  Layer layer = Layer::module;
  std::string_view name;
  std::string_view summary;
  std::span<const Proposal> proposals;
  std::span<const Judgement> judgements;
  /// Where nothing is set and nothing proposed: why. `harmful` is what a user has to know.
  std::span<const Judgement> advice;
  bool per_node = false;  ///< NAME_<N> is the same for KFD node N alone, and wins over NAME
  bool text = false;      ///< of a parameter: any text is a value, not numbers alone
  /// Of a parameter: what the driver has when nobody sets it, or "*", that differs. A value in
  /// force that is the default is not shown; empty: it always is.
  std::string_view driver_default;
};

/// The tables. Cheap to move; what it hands out lives as long as it does.
class Policy {
 public:
  /// The tables compiled in. Never fails, parses nothing.
  static Policy built_in();
  /// Those, with /etc/rocmfix/{gpus,settings}.toml of `root` laid over them.
  /// Errors: invalid with file, line and what is wrong.
  static Result<Policy> load(const Root& root);

  [[nodiscard]] std::span<const Chip> chips() const { return chips_; }
  [[nodiscard]] std::span<const Setting> settings() const { return settings_; }
  [[nodiscard]] const Chip* chip_by_gfx(std::string_view gfx) const;
  [[nodiscard]] const Chip* chip_by_pci(std::uint16_t device_id) const;

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const Chip> chips_;
  std::span<const Setting> settings_;
};

/// RDNA1 for 10.1.x, RDNA2 for 10.3.x.
Family family_of(const GcVersion& gc);
/// The same for "gfx1010" ... "gfx1036".
Family family_of_gfx(std::string_view gfx);

}  // namespace rocmfix
