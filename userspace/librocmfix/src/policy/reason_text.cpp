// SPDX-License-Identifier: MIT
#include "policy/reason_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "policy/override_value.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) {
      text += i + 1 == items.size() ? " and " : ", ";
    }
    text += items[i];
  }
  return text;
}

std::string file_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string targets_text(const CarriedCode& library) {
  std::vector<std::string> targets;
  for (const std::string& target : library.targets) {
    if (major_of_target(target) == 10U) {
      targets.push_back(target);
    }
  }
  return targets.empty() ? "no code for any GFX10 GPU" : "code for " + joined(targets);
}

std::string gpus_text(const ConditionFacts& facts) {
  std::vector<std::string> targets;
  for (const Gpu& gpu : facts.gpus) {
    std::string target = gpu.gfx.value_or("a GPU of unknown target");
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
      targets.push_back(std::move(target));
    }
  }
  return targets.empty() ? "no GPU" : joined(targets);
}

/// The KFD node of the first GPU that the libraries have no code for.
std::string node_text(const ConditionFacts& facts) {
  for (const Gpu& gpu : facts.gpus) {
    if (gpu.kfd_node && gpu.gfx && facts.machine.software.lacks(*gpu.gfx)) {
      return std::to_string(*gpu.kfd_node);
    }
  }
  return "<node>";
}

/// Which runtime takes code for other targets.
std::string fallback_text(const Software& software) {
  for (const CarriedCode& library : software.libraries) {
    if (!library.fallbacks.empty()) {
      return file_name(library.fallbacks.front().by) +
             " loads it on GPUs with the same instructions, too";
    }
  }
  return {};
}

/// "The GPU here is node 1."
std::string nodes_text(const ConditionFacts& facts) {
  std::vector<std::string> nodes;
  for (const Gpu& gpu : facts.machine.gpus) {
    if (gpu.kfd_node) {
      nodes.push_back(formatted("{} is node {}", gpu.gfx.value_or("a GPU"), *gpu.kfd_node));
    }
  }
  return nodes.empty() ? "Which node the GPU is, is not known here" : "Here " + joined(nodes);
}

std::string text_of(std::string_view placeholder, std::string_view name,
                    const ConditionFacts& facts) {
  if (placeholder == "name") {
    return std::string(name);
  }
  if (placeholder == "target") {
    return target_of_override(std::string(facts.value.value_or(""))).value_or("no target");
  }
  if (placeholder == "gpus") {
    return gpus_text(facts);
  }
  if (placeholder == "carried") {
    return carried_text(facts.machine.software);
  }
  if (placeholder == "why") {
    return facts.machine.software.why;
  }
  if (placeholder == "nodes") {
    return nodes_text(facts);
  }
  return node_text(facts);
}

}  // namespace

std::string carried_text(const Software& software) {
  // Libraries that say the same are named together, and one that says nothing of its own is not.
  std::vector<std::pair<std::string, std::vector<std::string>>> said;
  for (const bool decides : {true, false}) {
    for (const CarriedCode& library : software.libraries) {
      const std::string targets = targets_text(library);
      const auto same = std::find_if(said.begin(), said.end(),
                                     [&](const auto& one) { return one.first == targets; });
      const bool rdna = targets.starts_with("code");
      if (same != said.end()) {
        if (decides && library.decides) {
          same->second.push_back(file_name(library.path));
        }
      } else if (library.decides == decides && (decides || rdna)) {
        said.push_back({targets, {file_name(library.path)}});
      }
    }
  }
  constexpr std::size_t most = 3;
  std::vector<std::string> clauses;
  for (auto& [targets, names] : said) {
    if (names.size() > most) {
      names.resize(most);
      names.emplace_back("others");
    }
    if (clauses.size() < most) {
      clauses.push_back(joined(names) + (names.size() > 1 ? " carry " : " carries ") + targets);
    }
  }
  if (const auto by = fallback_text(software); !by.empty()) {
    clauses.push_back(by);
  }
  return joined(clauses);
}

std::string reason_text(std::string_view reason, std::string_view name,
                        const ConditionFacts& facts) {
  std::string text;
  while (!reason.empty()) {
    const auto open = reason.find('{');
    const auto close = open == std::string_view::npos ? open : reason.find('}', open);
    if (close == std::string_view::npos) {
      break;
    }
    text += reason.substr(0, open);
    // Names of files and values of variables are anybody's; a reason stays on its line.
    text += printable(text_of(reason.substr(open + 1, close - open - 1), name, facts));
    reason.remove_prefix(close + 1);
  }
  return text += reason;
}

}  // namespace rocmfix
