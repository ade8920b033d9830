// SPDX-License-Identifier: MIT
// `rocmfix verify`: a line a check, and under one that failed what to type.
#include <fmt/format.h>

#include <algorithm>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/verify.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

constexpr std::size_t text_width = 100;

std::string describe_checks(const Verification& verification) {
  std::size_t width = 0;
  for (const Check& check : verification.checks) {
    width = std::max(width, check.id.size());
  }
  const std::size_t column = 9 + width + 2;
  const std::string indent(column, ' ');
  std::string text;
  for (const Check& check : verification.checks) {
    const char* state = !check.ok ? "unknown" : *check.ok ? "ok" : "WRONG";
    text += fmt::format("{:<9}{:<{}}  {}\n", state, check.id, width,
                        wrap(check.detail, text_width - column, indent));
    if (!check.hint.empty() && check.ok != true) {
      text += fmt::format("{}hint: {}\n", indent, printable(check.hint));
    }
  }
  return text;
}

int run_verify(const Root& root, Profile profile, bool json) {
  const auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  const Plan plan = make_plan(seen->machine, seen->policy, {profile, false, Layer::module, false});
  const Verification verification = verify_machine(root, seen->machine, plan);
  const int status = !seen->machine.supported() ? exit_not_applicable
                     : verification.ok          ? exit_ok
                                                : exit_wrong;
  return print_result(json ? verification_json(verification) : describe_checks(verification),
                      status);
}

}  // namespace

const Verb verify_verb{nullptr, "verify", "check that it works; exit status 1 if not",
                       accepts_profile, [](const Root& root, const Request& request) {
                         return run_verify(root, request.profile, request.json);
                       }};

}  // namespace rocmfix::cli
