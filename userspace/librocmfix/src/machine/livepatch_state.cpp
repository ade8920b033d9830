// SPDX-License-Identifier: MIT
#include "machine/livepatch_state.hpp"

#include <algorithm>
#include <vector>

namespace rocmfix {
namespace {

const char* column_of(LivepatchState state, const char* detail::LivepatchRow::*column) {
  const auto rows = detail::livepatch_rows;
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [=](const auto& candidate) { return candidate.state == state; });
  return row == rows.end() ? "unknown" : (*row).*column;
}

bool holds(std::string_view column, std::string_view fact) {
  return column == "*" || column == fact;
}

// The patch comes with the first GPU that is probed.
bool drives_a_gpu(const Root& root) {
  const std::vector<std::string> names = root.list("/sys/bus/pci/drivers/amdgpu");
  return std::any_of(names.begin(), names.end(),  // 0000:03:00.0
                     [](const std::string& name) { return name.find(':') != std::string::npos; });
}

}  // namespace

const char* to_string(LivepatchState state) {
  return column_of(state, &detail::LivepatchRow::name);
}

const char* describe(LivepatchState state) {
  return column_of(state, &detail::LivepatchRow::meaning);
}

namespace detail {

LivepatchState find_livepatch_state(const LivepatchFacts& facts) {
  const auto row =
      std::find_if(livepatch_rows.begin(), livepatch_rows.end(), [&](const LivepatchRow& each) {
        return holds(each.module, facts.module) && holds(each.rocmfix, facts.rocmfix) &&
               holds(each.enabled, facts.enabled) && holds(each.transition, facts.transition) &&
               holds(each.gpu, facts.gpu);
      });
  return row == livepatch_rows.end() ? LivepatchState::off : row->state;
}

LivepatchState read_livepatch_state(const Root& root, const std::optional<LoadedModule>& loaded) {
  const std::string patch = "/sys/kernel/livepatch/rocmfix_livepatch";
  LivepatchFacts facts{.module = loaded ? "yes" : "no",
                       .rocmfix = "-",
                       .enabled = root.read_line(patch + "/enabled").value_or("-"),
                       .transition = root.read_line(patch + "/transition").value_or("-"),
                       .gpu = drives_a_gpu(root) ? "yes" : "no"};
  if (loaded) {
    const auto parameter = loaded->parameters.find("rocmfix");
    if (parameter != loaded->parameters.end()) {
      facts.rocmfix = parameter->second;
    }
  }
  return find_livepatch_state(facts);
}

}  // namespace detail
}  // namespace rocmfix
