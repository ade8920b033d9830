// SPDX-License-Identifier: MIT
// Which run a session makes next, if any.
#include <algorithm>
#include <iterator>

#include "rocmfix/plan.hpp"
#include "trial/bisect.hpp"
#include "trial/session.hpp"
#include "util/formatted.hpp"

namespace rocmfix::trial {

namespace {

/// The arm that faults with some of what the other has, in the other's order, and what these need.
Arm arm_between(const Plan& plan, const std::string& name) {
  const auto named = [&](const std::string& factor) {
    return (name + "+").find("+" + factor + "+") != std::string::npos;
  };
  const auto& all = plan.arms.back().factors;
  const auto needed = [&](const std::string& factor) {
    return std::any_of(all.begin(), all.end(), [&](const Factor& other) {
      const auto needs = needs_of(other.name);
      return named(other.name) && std::find(needs.begin(), needs.end(), factor) != needs.end();
    });
  };
  Arm arm = plan.arms.front();
  arm.name = name;
  std::copy_if(all.begin(), all.end(), std::back_inserter(arm.factors),
               [&](const Factor& one) { return named(one.name) || needed(one.name); });
  return arm;
}

}  // namespace

BisectPlan bisect_plan(const Plan& plan) {
  return {.bad = plan.arms.front().name,
          .factors = plan.factors,
          .seed = plan.seed,
          .most_pairs = plan.runs,
          .most_runs = plan.runs};
}

Bisection Session::bisect_so_far() const {
  return bisect(bisect_plan(plan_), runs_);
}

bool Session::possible(const Arm& arm) const {
  const Factor* const own = arm.boot_factor();
  return std::all_of(plan_.arms.begin(), plan_.arms.end(), [&](const Arm& other) {
    const Factor* const factor = other.boot_factor();
    if (factor == nullptr) {
      return true;
    }
    const bool with = own != nullptr && own->boot->name == factor->boot->name;
    const auto now = root_.read_line("/sys/module/amdgpu/parameters/" + factor->boot->name);
    return now && same_value(*now, with ? factor->boot->with : factor->boot->without);
  });
}

std::string Session::reboot_advice() const {
  for (const Arm& arm : plan_.arms) {
    const Factor* const factor = arm.boot_factor();
    if (factor == nullptr) {
      continue;
    }
    const std::string& name = factor->boot->name;
    const auto now = root_.read_line("/sys/module/amdgpu/parameters/" + name);
    const bool has = now && same_value(*now, factor->boot->with);
    return has ? formatted("reboot without amdgpu.{}={} on the kernel's command line", name,
                           factor->boot->with)
               : formatted(
                     "reboot with amdgpu.{}={} on the kernel's command line (e in GRUB's menu "
                     "sets it for one boot)",
                     name, factor->boot->with);
  }
  return "reboot";
}

End Session::end_so_far() const {
  const Analysis analysis = analyse(names_, runs_);
  if (analysis.all_failed || analysis.all_timed_out) {
    return End::useless;
  }
  if (plan_.time_ms > 0 && elapsed_ms_ >= plan_.time_ms) {
    return End::time_up;
  }
  return !plan_.bisect && decided(names_, runs_) ? End::decided : End::complete;
}

std::optional<Session::Next> Session::choose_for_bisection(End& end) {
  const Bisection now = bisect_so_far();
  if (!now.next) {
    end = now.state == BisectState::found ? End::decided : End::complete;
    return std::nullopt;
  }
  return Next{{now.next_block, *now.next}, arm_between(plan_, *now.next)};
}

/// `end` is complete where nothing else speaks against a next run.
std::optional<Session::Next> Session::choose(End& end, std::string& next) {
  end = signals_.stopped() ? End::stopped : end_so_far();
  if (end != End::complete) {
    return std::nullopt;
  }
  if (plan_.bisect) {
    return choose_for_bisection(end);
  }
  const Design design(names_, plan_.seed, plan_.runs);
  const auto arm_named = [&](const std::string& name) -> const Arm& {
    return *std::find_if(plan_.arms.begin(), plan_.arms.end(),
                         [&](const Arm& arm) { return arm.name == name; });
  };
  const auto slot =
      design.next(runs_, [&](const std::string& name) { return possible(arm_named(name)); });
  if (!slot && !design.done(runs_)) {
    end = End::reboot;
    next = reboot_advice();
  }
  return slot ? std::optional(Next{*slot, arm_named(slot->arm)}) : std::nullopt;
}

}  // namespace rocmfix::trial
