// SPDX-License-Identifier: MIT
// What a launcher does to the environment, from the rows of a plan.
#include "rocmfix/environment.hpp"

#include <unistd.h>

#include "base/captured_facts.hpp"

namespace rocmfix {

Environment inherited_environment(const Root& root) {
  if (const auto* const captured = root.captured()) {
    return captured->environment;
  }
  return root.is_system() ? process_environment() : Environment{};
}

Environment process_environment() {
  Environment variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      // The first of two equal names is the one that getenv(3) finds.
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

EnvironmentPlan environment_of(const Plan& plan, const Software& software) {
  EnvironmentPlan environment;
  if (!software.elsewhere.empty()) {
    environment.advice.push_back(
        {"", software.program + ": " + software.why + "; use: " + software.elsewhere, "", true});
  }
  for (const PlanRow& row : plan.settings) {
    if (row.layer != Layer::environment) {
      continue;
    }
    if (row.advice) {
      environment.advice.push_back(
          {row.name, row.reason, row.source, row.effect == Effect::harmful, row.command});
      continue;
    }
    const bool user_set = row.current.has_value();
    if (row.proposed && !user_set) {
      environment.set.push_back({row.name, *row.proposed, row.reason});
    } else if (row.proposed && !same_value(*row.current, *row.proposed)) {
      environment.kept.push_back({row.name, *row.current, row.reason});
    }
    if ((row.effect == Effect::harmful && (user_set || row.proposed)) || (row.warn && user_set)) {
      environment.warnings.push_back(
          {row.name, user_set ? *row.current : *row.proposed, row.reason, row.source});
    }
  }
  return environment;
}

}  // namespace rocmfix
