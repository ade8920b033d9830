// SPDX-License-Identifier: MIT
// Evaluates the `when` of policy entries. What is unknown never holds.
#include "policy/condition.hpp"

#include <algorithm>

#include "base/kernel_changes.hpp"
#include "machine/visible_gpus.hpp"
#include "policy/override_value.hpp"
#include "policy/parameter_kind.hpp"
#include "util/kernel_version.hpp"

namespace rocmfix {

namespace {

using Gpus = std::span<const Gpu>;

bool is_one_of(std::string_view value, Strings values) {
  return std::any_of(values.begin(), values.end(),
                     [&](std::string_view item) { return same_value(value, item); });
}

bool any_family(Gpus gpus, Strings families) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.supported && is_one_of(to_string(gpu.family), families);
  });
}

bool any_gfx(Gpus gpus, Strings targets) {
  return std::any_of(gpus.begin(), gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && is_one_of(*gpu.gfx, targets); });
}

bool all_gfx(Gpus gpus, Strings targets) {
  return !gpus.empty() && std::all_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.gfx && is_one_of(*gpu.gfx, targets);
  });
}

bool any_gfx_but(Gpus gpus, Strings targets) {
  return std::any_of(gpus.begin(), gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && !is_one_of(*gpu.gfx, targets); });
}

// Whether some supported GPU has a large BAR; unknown while none has and one is unknown.
std::optional<bool> large_bar(Gpus gpus) {
  bool unknown = false;
  for (const Gpu& gpu : gpus) {
    if (!gpu.supported) {
      continue;
    }
    if (gpu.large_bar.value_or(false)) {
      return true;
    }
    unknown = unknown || !gpu.large_bar;
  }
  return unknown ? std::nullopt : std::optional(false);
}

using Facts = ConditionFacts;

// Of the running kernel against "7.2"; nullopt: either is not known.
std::optional<std::weak_ordering> kernel_order(const Facts& facts, const Clause& clause) {
  const auto& kernel = facts.machine.driver.kernel_release;
  return kernel ? compare_kernels(*kernel, clause.words.front()) : std::nullopt;
}

// Whether the driver itself turns retry off on RDNA1; nullopt: not known of this kernel.
std::optional<bool> noretry_default(const Facts& facts) {
  const Driver& driver = facts.machine.driver;
  const auto& kernel = driver.kernel_upstream ? driver.kernel_upstream : driver.kernel_release;
  return kernel ? detail::kernel_has(*kernel, detail::noretry_change) : std::nullopt;
}

template <class Predicate>
bool every_target(Gpus gpus, Predicate predicate) {
  return !gpus.empty() && std::all_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.gfx && predicate(*gpu.gfx);
  });
}

/// nullopt while it is unknown what a GPU is.
template <class Predicate>
std::optional<bool> told_of_every_gpu(Gpus gpus, Predicate predicate) {
  const bool known = every_target(gpus, [](const std::string& /*gfx*/) { return true; });
  return known ? std::optional(every_target(gpus, predicate)) : std::nullopt;
}

template <class Predicate>
bool known_software(const Facts& facts, const Clause& clause, Predicate predicate) {
  return facts.machine.software.state == SoftwareState::known &&
         told_of_every_gpu(facts.gpus, predicate) == clause.flag;
}

/// What the judged value of HSA_OVERRIDE_GFX_VERSION names; nullopt: no value, or none that the
/// runtime can read.
std::optional<std::string> target_of(const Facts& facts) {
  return facts.value ? target_of_override(std::string(*facts.value)) : std::nullopt;
}

template <class Predicate>
bool target_is(const Facts& facts, const Clause& clause, Predicate predicate) {
  const auto target = target_of(facts);
  return target && told_of_every_gpu(facts.gpus, [&](const std::string& gfx) {
                     return predicate(gfx, *target);
                   }) == clause.flag;
}

/// The judged value as a number; nullopt: no value, or none that is one.
std::optional<long long> number_of(const Facts& facts) {
  return facts.value ? detail::parameter_number(*facts.value) : std::nullopt;
}

bool has_bit(const Facts& facts, const Clause& clause, bool wanted) {
  const auto value = number_of(facts);
  return value && ((static_cast<std::uint64_t>(*value) & clause.number) != 0) == wanted;
}

/// Whether so much memory is less than half of the machine's, which is what the driver takes.
bool below_half_ram(const Facts& facts, const Clause& clause, long long per_mib) {
  const auto value = number_of(facts);
  if (!value || *value < 0 || !facts.machine.ram_mib) {
    return false;
  }
  return (static_cast<std::uint64_t>(*value / per_mib) < *facts.machine.ram_mib / 2) == clause.flag;
}

/// "10000,60000": what lockup_timeout takes.
bool is_number_list(std::string_view value) {
  while (!value.empty()) {
    const std::string_view one = value.substr(0, value.find(','));
    if (!detail::parameter_number(one)) {
      return one.empty();  // the driver stops there
    }
    value.remove_prefix(std::min(one.size() + 1, value.size()));
  }
  return true;
}

/// Whether `value` is a list of numbers that begins with a GPU's; nullopt: it is another list.
std::optional<bool> names_gpu(std::string_view value, std::size_t gpus) {
  const std::string_view first = value.substr(0, value.find(','));
  const auto number = detail::parameter_number(first);
  if (gpus == 0 || (!number && !first.empty())) {
    return std::nullopt;
  }
  return number && *number >= 0 && static_cast<std::size_t>(*number) < gpus;
}

bool value_names_gpu(const Facts& facts, const Clause& clause, const Environment& environment) {
  const auto& gpus = facts.machine.gpus;
  // One that KFD does not show is counted by no runtime, and which are left is not known then.
  if (!facts.value || !std::all_of(gpus.begin(), gpus.end(),
                                   [](const Gpu& gpu) { return gpu.kfd_node.has_value(); })) {
    return false;
  }
  return names_gpu(*facts.value, visible_gpus(gpus, environment).size()) == clause.flag;
}

/// The environment as ROCr sees it.
Environment for_rocr(const Environment& environment) {
  constexpr std::string_view name = "ROCR_VISIBLE_DEVICES";
  const auto found = environment.find(name);
  return found == environment.end() ? Environment() : Environment{*found};
}

using detail::ClauseForm;

constexpr SettingKey keys[] = {
    {.form = {"value"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.value && is_one_of(*facts.value, clause.words);
         }},
    {.form = {"value_at_least", ClauseForm::number},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto value = number_of(facts);
           return value && *value >= 0 && static_cast<std::uint64_t>(*value) >= clause.number;
         }},
    {.form = {"value_negative", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto value = number_of(facts);
           return value && (*value < 0) == clause.flag;
         }},
    {.form = {"value_has_bit", ClauseForm::number},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return has_bit(facts, clause, true); }},
    {.form = {"value_lacks_bit", ClauseForm::number},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return has_bit(facts, clause, false); }},
    {.form = {"value_number_list", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.value && is_number_list(*facts.value) == clause.flag;
         }},
    {.form = {"value_mib_below_half_ram", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return below_half_ram(facts, clause, 1); }},
    {.form = {"value_pages_below_half_ram", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return below_half_ram(facts, clause, 256); }},
    {.form = {"value_above_ttm_limit", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           constexpr long long pages_per_mib = 256;
           const auto value = number_of(facts);
           const auto found = facts.machine.configured.find("ttm.pages_limit");
           const auto limit = found == facts.machine.configured.end()
                                  ? std::nullopt
                                  : detail::parameter_number(found->second);
           return value && limit && *limit > 0 && (*value > *limit / pages_per_mib) == clause.flag;
         }},
    {.form = {"value_contains"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.value &&
                  std::any_of(clause.words.begin(), clause.words.end(), [&](std::string_view part) {
                    return facts.value->find(part) != std::string_view::npos;
                  });
         }},
    {.form = {"value_names_gpu", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return value_names_gpu(facts, clause, {}); }},
    {.form = {"value_names_visible_gpu", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return value_names_gpu(facts, clause, for_rocr(facts.machine.environment));
         }},
    {.form = {"configured"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.configured && is_one_of(*facts.configured, clause.words);
         }},
    {.form = {"any_family", ClauseForm::words, supported_families},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return any_family(facts.gpus, clause.words); }},
    {.form = {"any_gfx"},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return any_gfx(facts.gpus, clause.words); }},
    {.form = {"all_gfx"},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return all_gfx(facts.gpus, clause.words); }},
    {.form = {"any_gfx_but"},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return any_gfx_but(facts.gpus, clause.words); }},
    {.form = {"kernel_below", ClauseForm::word},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto order = kernel_order(facts, clause);
           return order && std::is_lt(*order);
         }},
    {.form = {"kernel_at_least", ClauseForm::word},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto order = kernel_order(facts, clause);
           return order && std::is_gteq(*order);
         }},
    {.form = {"noretry_default", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return noretry_default(facts) == clause.flag; }},
    {.form = {"patched", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return facts.machine.driver.patched() == clause.flag; }},
    {.form = {"large_bar", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return large_bar(facts.gpus) == clause.flag; }},
    {.form = {"forced", ClauseForm::flag},
     .holds = [](const Facts& facts, const Clause& clause) { return facts.forced == clause.flag; }},
    {.form = {"ram_above_mib", ClauseForm::number},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.machine.ram_mib && *facts.machine.ram_mib > clause.number;
         }},
    {.form = {"ram_at_most_mib", ClauseForm::number},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.machine.ram_mib && *facts.machine.ram_mib <= clause.number;
         }},
    {.form = {"has_gpu", ClauseForm::flag},
     .holds = [](const Facts& facts,
                 const Clause& clause) { return facts.gpus.empty() != clause.flag; }},
    {.form = {"software", ClauseForm::words, software_state_words},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return detail::has_word(clause, to_string(facts.machine.software.state));
         },
     .of_software = true},
    {.form = {"carries"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return std::all_of(clause.words.begin(), clause.words.end(), [&](std::string_view gfx) {
             return facts.machine.software.carries(gfx);
           });
         },
     .of_software = true},
    {.form = {"lacks_gfx"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return std::any_of(facts.gpus.begin(), facts.gpus.end(), [&](const Gpu& gpu) {
             return gpu.gfx && facts.machine.software.lacks(*gpu.gfx) &&
                    is_one_of(*gpu.gfx, clause.words);
           });
         },
     .of_software = true,
     .may_hold = [](const Facts& facts,
                    const Clause& clause) { return any_gfx(facts.gpus, clause.words); }},
    {.form = {"carries_gpus", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return known_software(facts, clause, [&](std::string_view gfx) {
             return facts.machine.software.carries(gfx);
           });
         },
     .of_software = true},
    {.form = {"lacks_gpus", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return known_software(facts, clause, [&](std::string_view gfx) {
             return facts.machine.software.lacks(gfx);
           });
         },
     .of_software = true},
    {.form = {"target_named", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return facts.value && target_of(facts).has_value() == clause.flag;
         },
     .of_target = true},
    {.form = {"target"},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto target = target_of(facts);
           return target && is_one_of(*target, clause.words);
         },
     .of_target = true},
    {.form = {"target_own", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return target_is(facts, clause, [](const std::string& gfx, const std::string& target) {
             return gfx == target;
           });
         },
     .of_target = true},
    {.form = {"target_same_major", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           return target_is(facts, clause, [](const std::string& gfx, const std::string& target) {
             return major_of_target(gfx) == major_of_target(target);
           });
         },
     .of_target = true},
    {.form = {"target_carried", ClauseForm::flag},
     .holds =
         [](const Facts& facts, const Clause& clause) {
           const auto target = target_of(facts);
           return target && facts.machine.software.state == SoftwareState::known &&
                  facts.machine.software.carries(*target) == clause.flag;
         },
     .of_software = true,
     .of_target = true},
};

}  // namespace

std::span<const SettingKey> setting_keys() {
  return keys;
}

bool holds(Clauses when, const ConditionFacts& facts) {
  return detail::all_hold(when, setting_keys(), facts);
}

bool may_hold(Clauses when, const ConditionFacts& facts) {
  return detail::all_clauses(when, setting_keys(),
                             [&](const SettingKey& key, const Clause& clause) {
                               if (key.of_software || key.of_target) {
                                 return key.may_hold == nullptr || key.may_hold(facts, clause);
                               }
                               return key.holds(facts, clause);
                             });
}

bool asks_for_software(Clauses when) {
  return std::any_of(when.begin(), when.end(), [](const Clause& clause) {
    const SettingKey* const key = detail::find_key(setting_keys(), clause.key);
    return key != nullptr && key->of_software;
  });
}

}  // namespace rocmfix
