// SPDX-License-Identifier: MIT
#include "supervisor/circumstances.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "rocmfix/policy.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/redaction.hpp"

namespace rocmfix::run {

namespace {

/// NAME or, of one that a KFD node can have for itself, NAME_<N>.
bool is_named(const Setting& setting, std::string_view name) {
  if (setting.layer != Layer::environment || !name.starts_with(setting.name)) {
    return false;
  }
  name.remove_prefix(setting.name.size());
  return name.empty() || (setting.per_node && name.size() > 1 && name.front() == '_' &&
                          name.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

/// What is known to matter to a GPU program, by name: a prefix has room for secrets.
bool is_of_interest(const Policy& policy, const Escalation& escalation, std::string_view name) {
  const auto sets = [&](const Mitigation& mitigation) {
    return std::any_of(mitigation.set.begin(), mitigation.set.end(),
                       [&](const Assignment& one) { return one.name == name; });
  };
  return is_runtime_variable(name) ||
         std::any_of(policy.settings().begin(), policy.settings().end(),
                     [&](const Setting& setting) { return is_named(setting, name); }) ||
         std::any_of(escalation.mitigations().begin(), escalation.mitigations().end(), sets);
}

}  // namespace

RestartContext circumstances_of(const Preparation& preparation) {
  RestartContext context;
  for (const Gpu& gpu : preparation.gpus) {
    if (gpu.supported) {
      context.families.emplace(to_string(gpu.family));
      context.gfx.insert(gpu.gfx.value_or(""));
    }
  }
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    context.user_variables.emplace(text.substr(0, text.find('=')));
  }
  return context;
}

std::vector<std::string> quoted_variables(const std::string& root_path,
                                          const Preparation& preparation,
                                          const Escalation& escalation) {
  const auto root = Root::open(root_path);
  auto policy = root ? Policy::load(*root) : Result<Policy>(Policy::built_in());
  if (!policy) {  // changed since the launch, which has read it
    policy = Policy::built_in();
  }
  std::vector<std::string> variables;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (is_of_interest(*policy, escalation, name)) {
      variables.push_back(printable(std::string(name) + "=" + redact_text(value)));
    }
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      add(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  for (const EnvironmentChange& change : preparation.environment.set) {
    add(change.name, change.value);
  }
  return variables;
}

}  // namespace rocmfix::run
