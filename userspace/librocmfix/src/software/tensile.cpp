// SPDX-License-Identifier: MIT
// The library folders of rocBLAS and hipBLASLt, by the names that Tensile gives its files.
#include <algorithm>
#include <set>

#include "rocmfix/code_objects.hpp"
#include "software/targets.hpp"

namespace rocmfix {
namespace {

// The target at the end of a name without its ending: "Kernels.so-000-gfx90a-xnack-" is "gfx90a".
std::optional<std::string> target_in(std::string_view stem) {
  const std::size_t at = stem.rfind("gfx");
  if (at == std::string_view::npos || at == 0 || (stem[at - 1] != '_' && stem[at - 1] != '-')) {
    return std::nullopt;
  }
  std::string_view name = stem.substr(at);
  for (const std::string_view feature : {"-xnack", "-sramecc"}) {
    name = name.substr(0, name.find(feature));
  }
  return detail::bare_target(name);
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

}  // namespace

TensileTargets read_tensile_folder(const Root& root, std::string_view folder) {
  std::set<std::string> tuned;
  std::set<std::string> general;
  for (const std::string& name : root.list(folder)) {
    const std::size_t dot = name.rfind('.');
    const std::string_view ending = std::string_view(name).substr(std::min(dot, name.size()));
    const std::string_view stem = std::string_view(name).substr(0, dot);
    const auto target = target_in(stem);
    if (!target) {
      continue;
    }
    if (name.starts_with("Kernels.so-") && ending == ".hsaco") {
      general.insert(*target);
    } else if (starts_with_any(name, {"TensileLibrary", "TensileLiteLibrary"}) &&
               stem.find("fallback") == std::string_view::npos &&
               (ending == ".co" || ending == ".dat" || ending == ".hsaco")) {
      tuned.insert(*target);
    }
  }
  TensileTargets targets;
  targets.tuned.assign(tuned.begin(), tuned.end());
  std::set_difference(general.begin(), general.end(), tuned.begin(), tuned.end(),
                      std::back_inserter(targets.untuned));
  return targets;
}

}  // namespace rocmfix
