// SPDX-License-Identifier: MIT
// The words that stand for the policy's enumerations in data files, JSON and messages.
#include <algorithm>
#include <array>

#include "rocmfix/policy.hpp"
#include "rocmfix/software.hpp"

namespace rocmfix {

std::string_view to_string(Family family) {
  return family_words.at(static_cast<std::size_t>(family));
}

std::string_view to_string(Layer layer) {
  return layer == Layer::module ? "module" : "environment";
}

std::string_view to_string(Profile profile) {
  return profile == Profile::safe ? "safe" : "original";
}

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::no_op:
      return "no-op";
    case Effect::useful:
      return "useful";
    case Effect::harmful:
      return "harmful";
    case Effect::unknown:
      break;
  }
  return "unknown";
}

std::optional<Profile> parse_profile(std::string_view text) {
  for (const Profile profile : {Profile::safe, Profile::original}) {
    if (text == to_string(profile)) {
      return profile;
    }
  }
  return std::nullopt;
}

std::string_view to_string(SoftwareState state) {
  return software_state_words.at(static_cast<std::size_t>(state));
}

bool is_placeholder(std::string_view name) {
  constexpr std::array<std::string_view, 7> names = {"name", "target", "gpus", "carried",
                                                     "why",  "node",   "nodes"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

Family family_of(const GcVersion& gc) {
  if (gc.major != 10) {
    return Family::other;
  }
  switch (gc.minor) {
    case 1:
      return Family::rdna1;
    case 3:
      return Family::rdna2;
    default:
      return Family::other;
  }
}

Family family_of_gfx(std::string_view gfx) {
  // LLVM's target names: gfx + major + minor + one hexadecimal digit of stepping.
  const auto is_step = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (gfx.size() != 7 || !is_step(gfx.back())) {
    return Family::other;
  }
  if (gfx.starts_with("gfx101")) {
    return Family::rdna1;
  }
  return gfx.starts_with("gfx103") ? Family::rdna2 : Family::other;
}

}  // namespace rocmfix
