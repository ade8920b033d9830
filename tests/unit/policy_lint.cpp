// SPDX-License-Identifier: MIT
// Asks the plan's own evaluation (condition.cpp) about made-up machines, so that the two cannot
// differ.
#include "policy_lint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include "base/kernel_changes.hpp"
#include "policy/condition.hpp"
#include "rocmfix/plan.hpp"

namespace rocmfix::test {

namespace {

// A machine and what a user asked for, and in words what distinguishes it from others.
struct Case {
  Machine machine;
  bool forced = false;
  std::optional<std::string> configured;
  std::vector<std::string> words;
};

using Change = std::function<void(Case&)>;

// What a setting's conditions ask about.
struct Asked {
  bool gpus = false;
  bool patched = false;
  bool large_bar = false;
  bool forced = false;
  bool software = false;
  std::set<std::string> carried;
  std::set<std::string> kernels;
  std::set<std::uint64_t> memory;
  std::set<std::string> configured;

  void add(Clauses when) {
    const auto has = [&](std::string_view key) { return find_clause(when, key) != nullptr; };
    for (const std::string_view key :
         {"any_family", "any_gfx", "all_gfx", "any_gfx_but", "lacks_gfx"}) {
      gpus = gpus || has(key);
    }
    software = software || asks_for_software(when);
    patched = patched || has("patched");
    large_bar = large_bar || has("large_bar");
    forced = forced || has("forced");
    const auto add_words = [&](std::set<std::string>& words, std::string_view key) {
      for (const std::string_view word : words_of(when, key)) {
        words.emplace(word);
      }
    };
    add_words(carried, "carries");
    add_words(kernels, "kernel_below");
    add_words(kernels, "kernel_at_least");
    if (has("noretry_default")) {
      for (const KernelChange& change : tables::kernel_changes) {
        kernels.insert(change.since.begin(), change.since.end());
      }
    }
    add_words(configured, "configured");
    for (const std::string_view key : {"ram_above_mib", "ram_at_most_mib"}) {
      if (const Clause* const clause = find_clause(when, key)) {
        memory.insert(clause->number);
      }
    }
  }
};

Asked asked_by(const Setting& setting) {
  Asked asked;
  for (const auto& proposal : setting.proposals) {
    asked.add(proposal.when);
  }
  for (const auto& judgement : setting.judgements) {
    asked.add(judgement.when);
  }
  return asked;
}

Gpu gpu_of(const Chip& chip) {
  Gpu gpu;
  gpu.gfx = std::string(chip.gfx);
  gpu.family = family_of_gfx(chip.gfx);
  gpu.supported = gpu.family != Family::other;
  gpu.large_bar = false;
  return gpu;
}

Change has_gpus(const std::vector<Chip>& chips) {
  return [chips](Case& one) {
    std::vector<std::string_view> targets;
    for (const Chip& chip : chips) {
      one.machine.gpus.push_back(gpu_of(chip));
      targets.push_back(chip.gfx);
    }
    one.words.push_back(fmt::format("{}", fmt::join(targets, " and ")));
  };
}

// A chip alone, then one next to a GPU of another kind, then two of them.
std::vector<Change> gpu_changes(std::span<const Chip> chips, bool asked) {
  if (!asked) {
    return chips.empty() ? std::vector<Change>{} : std::vector{has_gpus({chips.front()})};
  }
  Chip other;
  other.gfx = "gfx1100";
  std::vector<Change> changes;
  for (const Chip& chip : chips) {
    changes.push_back(has_gpus({chip}));
  }
  for (std::size_t i = 0; i < chips.size(); ++i) {
    changes.push_back(has_gpus({chips[i], other}));
    for (std::size_t j = i + 1; j < chips.size(); ++j) {
      changes.push_back(has_gpus({chips[i], chips[j]}));
    }
  }
  return changes;
}

std::vector<Change> yes_and_no(bool asked, std::string_view word,
                               const std::function<void(Case&, bool)>& set) {
  std::vector<Change> changes;
  for (const bool yes : {false, true}) {
    if (asked) {
      changes.emplace_back([=](Case& one) {
        set(one, yes);
        one.words.push_back(fmt::format("{}{}", yes ? "" : "not ", word));
      });
    }
  }
  return changes;
}

std::vector<Change> kernel_changes(const std::set<std::string>& boundaries) {
  std::vector<Change> changes;
  std::vector<std::string> kernels(boundaries.begin(), boundaries.end());
  if (!kernels.empty()) {
    kernels.emplace_back("0");
  }
  for (const auto& kernel : kernels) {
    changes.emplace_back([=](Case& one) {
      one.machine.driver.kernel_release = kernel;
      one.words.push_back(kernel == "0" ? "an older kernel" : fmt::format("kernel {}", kernel));
    });
  }
  return changes;
}

std::vector<Change> memory_changes(const std::set<std::uint64_t>& boundaries) {
  std::vector<Change> changes;
  std::vector<std::uint64_t> amounts(boundaries.begin(), boundaries.end());
  if (!amounts.empty()) {
    amounts.push_back(amounts.back() + 1);
  }
  for (const auto mib : amounts) {
    changes.emplace_back([=](Case& one) {
      one.machine.ram_mib = mib;
      one.words.push_back(fmt::format("{} MiB of memory", mib));
    });
  }
  return changes;
}

std::vector<Change> configured_changes(const std::set<std::string>& values) {
  std::vector<Change> changes;
  for (const auto& value : values) {
    changes.emplace_back([=](Case& one) {
      one.configured = value;
      one.words.push_back(fmt::format("\"{}\" configured", value));
    });
  }
  if (!values.empty()) {
    changes.emplace_back([](Case& one) { one.words.emplace_back("nothing configured"); });
  }
  return changes;
}

// What a program with one library that decides carries: all that conditions name, the GPUs' own
// code, both, or neither. After the GPUs, whose targets it asks for.
std::vector<Change> software_changes(bool asked, const std::set<std::string>& named) {
  std::vector<Change> changes;
  if (!asked) {
    return changes;
  }
  for (const auto state : {SoftwareState::unnamed, SoftwareState::unknown, SoftwareState::none}) {
    changes.emplace_back([=](Case& one) {
      one.machine.software.state = state;
      one.words.push_back(fmt::format("software \"{}\"", to_string(state)));
    });
  }
  for (const bool others : {false, true}) {
    for (const bool own : {false, true}) {
      changes.emplace_back([=](Case& one) {
        std::set<std::string> targets = others ? named : std::set<std::string>{};
        for (const Gpu& gpu : one.machine.gpus) {
          if (own && gpu.gfx) {
            targets.insert(*gpu.gfx);
          }
        }
        if (targets.empty()) {
          targets.insert("gfx1200");
        }
        one.machine.software.state = SoftwareState::known;
        one.machine.software.libraries = {{"", {targets.begin(), targets.end()}, true}};
        one.words.push_back(fmt::format("code for {}", fmt::join(targets, " and ")));
      });
    }
  }
  return changes;
}

std::vector<Case> all_cases(std::span<const Chip> chips, const Asked& asked) {
  const std::array<std::vector<Change>, 8> axes = {
      gpu_changes(chips, asked.gpus),
      software_changes(asked.software, asked.carried),
      kernel_changes(asked.kernels),
      memory_changes(asked.memory),
      configured_changes(asked.configured),
      yes_and_no(asked.patched, "patched",
                 [](Case& one, bool yes) {
                   one.machine.driver.installed.emplace();
                   if (yes) {
                     one.machine.driver.installed->rocmfix = "series=0";
                   }
                 }),
      yes_and_no(asked.large_bar, "with a large BAR",
                 [](Case& one, bool yes) {
                   for (Gpu& gpu : one.machine.gpus) {
                     gpu.large_bar = yes;
                   }
                 }),
      yes_and_no(asked.forced, "forced", [](Case& one, bool yes) { one.forced = yes; })};
  std::vector<Case> cases(1);
  for (const auto& changes : axes) {
    if (changes.empty()) {
      continue;
    }
    std::vector<Case> next;
    for (const Case& one : cases) {
      for (const Change& change : changes) {
        change(next.emplace_back(one));
      }
    }
    cases = std::move(next);
  }
  return cases;
}

// The proposal that counts, as make_plan() has it; null: none.
const Proposal* proposed(const Setting& setting, Profile profile, const ConditionFacts& facts) {
  const auto found = std::find_if(
      setting.proposals.begin(), setting.proposals.end(), [&](const Proposal& proposal) {
        return proposal.profile == profile && holds(proposal.when, facts);
      });
  return found == setting.proposals.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> unjudged_proposals(std::span<const Chip> chips,
                                            std::span<const Setting> settings) {
  std::vector<std::string> faults;
  for (const Setting& setting : settings) {
    std::set<const Proposal*> named;
    if (setting.proposals.empty()) {
      continue;
    }
    for (const Case& one : all_cases(chips, asked_by(setting))) {
      for (const Profile profile : {Profile::safe, Profile::original}) {
        ConditionFacts facts{one.machine, one.machine.gpus, one.forced, std::nullopt,
                             one.configured};
        const Proposal* const proposal = proposed(setting, profile, facts);
        if (proposal == nullptr || named.contains(proposal)) {
          continue;
        }
        facts.value = proposal->value;
        if (std::none_of(
                setting.judgements.begin(), setting.judgements.end(),
                [&](const Judgement& judgement) { return holds(judgement.when, facts); })) {
          named.insert(proposal);
          faults.push_back(fmt::format(
              "{}: profile {} proposes \"{}\" where no judgement of it holds, e.g. with {}",
              setting.name, to_string(profile), proposal->value, fmt::join(one.words, ", ")));
        }
      }
    }
  }
  return faults;
}

std::vector<std::string> lint_chips(std::span<const Chip> chips) {
  std::vector<std::string> faults;
  std::set<unsigned> ids;
  std::set<std::string> versions;
  for (const auto& chip : chips) {
    for (const auto id : chip.pci) {
      if (!ids.insert(id).second) {
        faults.push_back(fmt::format("PCI id {:04x} belongs to two chips", id));
      }
    }
    for (const auto& gc : chip.gc) {
      if (!versions.insert(fmt::format("{}.{}.{}", gc.major, gc.minor, gc.revision)).second) {
        faults.push_back(fmt::format("a GC version of {} belongs to two chips", chip.name));
      }
    }
  }
  return faults;
}

std::vector<std::string> lint_settings(std::span<const Chip> chips,
                                       std::span<const Setting> settings) {
  std::vector<std::string> faults;
  std::set<std::string, std::less<>> names;
  for (const auto& setting : settings) {
    if (!names.insert(std::string(setting.name)).second) {
      faults.push_back(fmt::format("{} is duplicated", setting.name));
    }
    if (setting.judgements.empty()) {
      faults.push_back(fmt::format("{} has no judgement", setting.name));
    }
  }
  for (auto& fault : unjudged_proposals(chips, settings)) {
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace rocmfix::test
