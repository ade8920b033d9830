// SPDX-License-Identifier: MIT
// The C interface: JSON documents of json.hpp, and no second form of any fact.
#include "rocmfix/c_api.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "rocmfix/environment.hpp"
#include "rocmfix/fault_input.hpp"
#include "rocmfix/install_hint.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/plan.hpp"

namespace {

using rocmfix::Error;
using rocmfix::ErrorCode;
using rocmfix::Machine;
using rocmfix::Policy;
using rocmfix::Result;
using rocmfix::Root;

/// From malloc(3), as C callers expect; nullptr without memory.
char* copy_of(const std::string& text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy != nullptr) {
    std::memcpy(copy, text.c_str(), text.size() + 1);
  }
  return copy;
}

/// No exception may cross into a caller that is not C++: a bug becomes an error document.
template <class Function>
char* document(Function&& function) {
  try {
    const Result<std::string> text = function();
    return copy_of(text ? *text : rocmfix::error_json(text.error()));
  } catch (const std::exception& bug) {
    return copy_of(
        rocmfix::error_json({.what = std::string("internal error: ") + bug.what(), .hint = {}}));
  }
}

struct Facts {
  Root root;
  Policy policy;
  Machine machine;
};

Result<Facts> facts_of(const char* root_path) {
  auto root = Root::open(root_path);
  if (!root) {
    return rocmfix::fail(root.error());
  }
  auto policy = Policy::load(*root);
  if (!policy) {
    return rocmfix::fail(policy.error());
  }
  auto machine = rocmfix::inspect_machine(*root, *policy);
  if (!machine) {
    return rocmfix::fail(machine.error());
  }
  return Facts{
      .root = std::move(*root), .policy = std::move(*policy), .machine = std::move(*machine)};
}

}  // namespace

extern "C" {

const char* rocmfix_version() {
  return ROCMFIX_VERSION;
}

char* rocmfix_environment_json(const char* root, const char* profile) {
  return rocmfix_python_environment_json(root, profile, nullptr);
}

char* rocmfix_python_environment_json(const char* root, const char* profile,
                                      const char* const* python_path) {
  return document([&]() -> Result<std::string> {
    const auto wanted = rocmfix::parse_profile(profile);
    if (!wanted) {
      return rocmfix::fail(Error{.code = ErrorCode::invalid,
                                 .what = "no profile is named '" + std::string(profile) + "'",
                                 .hint = "the profiles are safe and original"});
    }
    auto facts = facts_of(root);
    if (!facts) {
      return rocmfix::fail(facts.error());
    }
    // Of a captured root, too: it is this process that the variables are for.
    Machine& machine = facts->machine;
    machine.environment = rocmfix::process_environment();
    if (python_path != nullptr && rocmfix::needs_software(machine, facts->policy, *wanted)) {
      std::vector<std::string> folders;
      for (; *python_path != nullptr; ++python_path) {
        folders.emplace_back(*python_path);
      }
      machine.software = rocmfix::examine_python(folders, machine.environment);
    }
    const rocmfix::PlanOptions options{.profile = *wanted, .only = rocmfix::Layer::environment};
    rocmfix::Plan plan = rocmfix::make_plan(machine, facts->policy, options);
    rocmfix::add_build_advice(plan, facts->root, machine);
    return rocmfix::environment_json(rocmfix::environment_of(plan, machine.software));
  });
}

char* rocmfix_status_json(const char* root) {
  return document([&]() -> Result<std::string> {
    const auto facts = facts_of(root);
    if (!facts) {
      return rocmfix::fail(facts.error());
    }
    return rocmfix::status_json(facts->machine);
  });
}

char* rocmfix_explain_json(const char* root_path, const char* request) {
  return document([&]() -> Result<std::string> {
    const auto root = Root::open(root_path);
    if (!root) {
      return rocmfix::fail(root.error());
    }
    const auto rules = rocmfix::FaultRules::load(*root);
    if (!rules) {
      return rocmfix::fail(rules.error());
    }
    const auto input = rocmfix::parse_fault_input(request);
    if (!input) {
      return rocmfix::fail(input.error());
    }
    const auto incidents = rocmfix::explain_fault(*rules, *input);
    if (!incidents) {
      return rocmfix::fail(incidents.error());
    }
    return rocmfix::incidents_json(*incidents);
  });
}

char* rocmfix_install_json(const char* root_path, const char* package) {
  return document([&]() -> Result<std::string> {
    const auto root = Root::open(root_path);
    if (!root) {
      return rocmfix::fail(root.error());
    }
    return rocmfix::install_json(rocmfix::install_hint(*root, package));
  });
}

void rocmfix_free(char* text) {
  std::free(text);
}
}
