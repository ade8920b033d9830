// SPDX-License-Identifier: MIT
// The library folders of rocBLAS and hipBLASLt, by the names that Tensile gives its files.
#include <algorithm>
#include <iterator>
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

// What a file name says: for which target, and of what use it is.
struct Names {
  std::set<std::string> tuned;      // assembled kernels, from logic tuned for the target
  std::set<std::string> general;    // compiled kernels for any size
  std::set<std::string> catalogue;  // the target's own list of kernels
  bool common_catalogue = false;    // a list for all targets
};

void add(Names& names, std::string_view name) {
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  const std::string_view ending = name.substr(dot);
  const bool is_library = name.starts_with("TensileLibrary") || name.starts_with("TensileLite");
  if (name == "TensileLibrary.dat" || name == "TensileLibrary.yaml") {
    names.common_catalogue = true;
  }
  const auto target = target_in(name.substr(0, dot));
  if (!target) {
    return;
  }
  if (is_library && ending == ".co") {
    names.tuned.insert(*target);
  } else if (ending == ".hsaco" && (is_library || name.starts_with("Kernels.so-"))) {
    names.general.insert(*target);
  } else if (is_library && (ending == ".dat" || ending == ".yaml")) {
    names.catalogue.insert(*target);
  }
}

}  // namespace

TensileTargets read_tensile_folder(const Root& root, std::string_view folder) {
  Names names;
  for (const std::string& name : root.list(folder)) {
    add(names, name);
  }
  TensileTargets targets;
  // The libraries look for the target's own list, then for the common one, and give up ("Cannot
  // read TensileLibrary.dat: Illegal seek for GPU arch").
  const auto usable = [&](const std::string& target) {
    return names.common_catalogue || names.catalogue.contains(target);
  };
  std::copy_if(names.tuned.begin(), names.tuned.end(), std::back_inserter(targets.tuned), usable);
  std::copy_if(
      names.general.begin(), names.general.end(), std::back_inserter(targets.untuned),
      [&](const std::string& target) { return !names.tuned.contains(target) && usable(target); });
  return targets;
}

}  // namespace rocmfix
