// SPDX-License-Identifier: MIT
// The built-in tables with an administrator's laid over them, and what is looked up in them.
#include "rocmfix/builds.hpp"

#include <fnmatch.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "base/overlay.hpp"
#include "builds/builds_table.hpp"
#include "builds/builds_toml.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

struct Builds::Storage {
  TomlArena arena;
  std::vector<Framework> frameworks;
  std::vector<Build> builds;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/builds.toml";

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// The first name of a framework that does not exist.
std::optional<std::string> unknown_framework(const Builds& builds) {
  const auto unknown = [&](std::string_view name) {
    return !name.empty() && builds.framework(name) == nullptr;
  };
  for (const Framework& framework : builds.frameworks()) {
    for (const std::string_view name : {framework.builds_of, framework.alternative}) {
      if (unknown(name)) {
        return formatted("framework '{}' names '{}'", framework.name, name);
      }
    }
  }
  for (const Build& build : builds.builds()) {
    for (const std::string_view name : build.frameworks) {
      if (unknown(name)) {
        return formatted("build '{}' names '{}'", build.name, name);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(BuildRoute route) {
  return build_route_words.at(static_cast<std::size_t>(route));
}

std::string_view to_string(OverrideNeed need) {
  return override_need_words.at(static_cast<std::size_t>(need));
}

const BuildCard* Build::card(std::string_view target) const {
  const auto found = std::find_if(cards.begin(), cards.end(), [&](const BuildCard& one) {
    return one.gfx.empty() || std::find(one.gfx.begin(), one.gfx.end(), target) != one.gfx.end();
  });
  return found == cards.end() ? nullptr : &*found;
}

Builds Builds::built_in() {
  Builds builds;
  builds.frameworks_ = tables::frameworks;
  builds.builds_ = tables::builds;
  return builds;
}

Result<Builds> Builds::load(const Root& root) {
  Builds builds = built_in();
  auto storage = std::make_shared<Storage>();
  auto parsed = detail::parse_overlay(root, overlay, &parse_builds, storage->arena);
  if (!parsed) {
    return fail(std::move(parsed.error()));
  }
  const auto& added = *parsed;
  if (!added) {
    return builds;
  }
  storage->frameworks = detail::laid_over(
      builds.frameworks_, added->frameworks,
      [](const Framework& framework) { return framework.name; }, detail::NewEntries::last);
  // What an administrator adds is what they want to be recommended; what they replace keeps its
  // place.
  std::vector<Build> replaced = detail::laid_over(
      builds.builds_, added->builds, [](const Build& build) { return build.name; },
      detail::NewEntries::last);
  std::rotate(replaced.begin(),
              replaced.begin() + static_cast<std::ptrdiff_t>(builds.builds_.size()),
              replaced.end());
  storage->builds = std::move(replaced);
  builds.frameworks_ = storage->frameworks;
  builds.builds_ = storage->builds;
  builds.storage_ = std::move(storage);
  if (const auto unknown = unknown_framework(builds)) {
    return fail(
        Error{ErrorCode::invalid,
              formatted("{}: {}, which is unknown", root.host_path(overlay).string(), *unknown), 0,
              "add a [[framework]] of that name"});
  }
  return builds;
}

const Framework* Builds::framework(std::string_view name) const {
  const auto found =
      std::find_if(frameworks_.begin(), frameworks_.end(), [&](const Framework& one) {
        return same_word(one.name, name) ||
               std::any_of(one.aliases.begin(), one.aliases.end(),
                           [&](std::string_view alias) { return same_word(alias, name); });
      });
  return found == frameworks_.end() ? nullptr : &*found;
}

const Framework* Builds::framework_of_library(std::string_view path) const {
  const std::string text(path);
  const auto found =
      std::find_if(frameworks_.begin(), frameworks_.end(), [&](const Framework& one) {
        return std::any_of(one.libraries.begin(), one.libraries.end(),
                           [&](std::string_view pattern) {
                             return ::fnmatch(std::string(pattern).c_str(), text.c_str(), 0) == 0;
                           });
      });
  return found == frameworks_.end() ? nullptr : &*found;
}

}  // namespace rocmfix
