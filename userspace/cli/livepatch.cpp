// SPDX-License-Identifier: MIT
// `rocmfix livepatch`: the policy in the running stock driver, loaded and unloaded.
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "output.hpp"
#include "rocmfix/driver.hpp"
#include "rocmfix/install_hint.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/livepatch_switch.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

std::string describe_installed(const Livepatch& livepatch) {
  return livepatch.installed
             ? fmt::format("rocmfix {} ({})", livepatch.installed->version.value_or("unknown"),
                           livepatch.installed->file)
             : "no";
}

// The kernel says no more than "Module amdgpu is in use".
bool holds_amdgpu(LivepatchState state) {
  return state == LivepatchState::on || state == LivepatchState::patching ||
         state == LivepatchState::unpatching;
}

// What was asked for is one word.
const char* describe_state(LivepatchState state) {
  return state == LivepatchState::on || state == LivepatchState::off ? to_string(state)
                                                                     : describe(state);
}

// Documentation/admin-guide/tainted-kernels.rst
struct Taint {
  unsigned bit;
  char letter;
  const char* meaning;
};
constexpr std::array<Taint, 3> taints = {{
    {12, 'O', "an out-of-tree module, like every DKMS module"},
    {13, 'E', "a module without a known signature"},
    {15, 'K', "a livepatch; until the next boot, even after `off`"},
}};

std::string describe_taint(const Root& root) {
  const auto mask = root.read_number("/proc/sys/kernel/tainted");
  if (!mask) {
    return "";
  }
  std::vector<std::vector<std::string>> rows;
  for (const Taint& taint : taints) {
    if ((*mask >> taint.bit & 1U) != 0) {
      rows.push_back({std::string(1, taint.letter), taint.meaning});
    }
  }
  return rows.empty() ? "" : "The kernel is tainted:\n" + format_table(rows, "  ");
}

std::string describe_next(const Root& root, const Driver& driver) {
  if (driver.patched()) {
    return "Not needed: the installed amdgpu contains the patches.\n";
  }
  if (!driver.livepatch.installed) {
    return "Next: " + install_hint(root, "rocmfix-livepatch-dkms") + "\n";
  }
  return driver.livepatch.in_force() ? "Next: `rocmfix verify`; off again: `sudo rocmfix livepatch "
                                       "off`\n"
                                     : "Next: sudo rocmfix livepatch on\n";
}

int run_livepatch_status(const Root& root, bool json) {
  const Driver driver = inspect_driver(root);
  const int status = driver.livepatch.in_force() ? exit_ok : exit_wrong;
  if (json) {
    return print_result(livepatch_json(driver), status);
  }
  std::vector<std::vector<std::string>> rows = {
      {"kernel", driver.kernel_release.value_or("unknown")},
      {"installed", describe_installed(driver.livepatch)},
      {"state", describe_state(driver.livepatch.state)}};
  if (holds_amdgpu(driver.livepatch.state)) {
    rows.push_back({"amdgpu", "in use: `modprobe -r amdgpu` is refused while the livepatch is on"});
  }
  return print_result("rocmfix livepatch\n" + format_table(rows, "  ") + describe_taint(root) +
                          describe_next(root, driver),
                      status);
}

int run_livepatch_switch(const Root& root, bool on, bool json) {
  const auto status = switch_livepatch(root, on);
  if (!status) {
    return print_error(status.error(), json);
  }
  if (*status != 0) {
    // It has said why on stderr; a document is still owed.
    return json ? print_error({ErrorCode::failed, "livepatch-switch failed", 0, "see above"}, json)
                : *status;
  }
  const Driver driver = inspect_driver(root);
  return print_result(
      json ? livepatch_json(driver)
           : fmt::format("rocmfix livepatch: {}\n", describe_state(driver.livepatch.state)),
      exit_ok);
}

}  // namespace

const Verb livepatch_status_verb{"livepatch", "status",
                                 "show whether it is in force; exit status 1 if not",
                                 accepts_nothing, [](const Root& root, const Request& request) {
                                   return run_livepatch_status(root, request.json);
                                 }};

const Verb livepatch_on_verb{"livepatch", "on", "switch it on now", needs_machine,
                             [](const Root& root, const Request& request) {
                               return run_livepatch_switch(root, true, request.json);
                             }};

const Verb livepatch_off_verb{"livepatch", "off", "switch it off until the next boot, or `on`",
                              needs_machine, [](const Root& root, const Request& request) {
                                return run_livepatch_switch(root, false, request.json);
                              }};

}  // namespace rocmfix::cli
