// SPDX-License-Identifier: MIT
// What a program's libraries carry, asked for one target. No file is read here: the build tool that
// checks settings.toml asks it, too.
#include <algorithm>

#include "rocmfix/code_objects.hpp"
#include "rocmfix/software.hpp"

namespace rocmfix {

namespace {

bool covers(const CarriedCode& library, std::string_view gfx) {
  return runs_on(library.targets, library.fallbacks, gfx);
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Built for some RDNA1 or RDNA2 GPU: hipBLASLt, for example, is for none, and no program for
/// these cards can need it.
bool is_for_gfx10(const CarriedCode& library) {
  return std::any_of(library.targets.begin(), library.targets.end(),
                     [](const std::string& target) { return target.starts_with("gfx10"); });
}

}  // namespace

bool runs_on(std::span<const std::string> targets, std::span<const CodeFallback> fallbacks,
             std::string_view gfx) {
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    return target_covers(target, gfx) ||
           std::any_of(fallbacks.begin(), fallbacks.end(), [&](const CodeFallback& fallback) {
             return has(fallback.code, target) && has(fallback.gfx, gfx);
           });
  });
}

bool Software::carries(std::string_view gfx) const {
  return state == SoftwareState::known &&
         std::all_of(libraries.begin(), libraries.end(), [&](const CarriedCode& library) {
           return covers(library, gfx) || !(library.decides || is_for_gfx10(library));
         });
}

bool Software::lacks(std::string_view gfx) const {
  return state == SoftwareState::known &&
         std::none_of(libraries.begin(), libraries.end(), [&](const CarriedCode& library) {
           return library.decides && covers(library, gfx);
         });
}

}  // namespace rocmfix
