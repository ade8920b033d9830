// SPDX-License-Identifier: MIT
#include "livepatch.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "output.hpp"
#include "rocmfix/driver.hpp"
#include "rocmfix/json.hpp"

namespace rocmfix::cli {

namespace {

// The package's own: it also checks that the module was made for this very amdgpu.
constexpr const char* switch_program = "/usr/libexec/rocmfix-livepatch-dkms/livepatch-switch";

std::string describe_installed(const Livepatch& livepatch) {
  return livepatch.installed
             ? fmt::format("rocmfix {} ({})", livepatch.installed->version.value_or("unknown"),
                           livepatch.installed->file)
             : "no";
}

std::string describe_state(const Driver& driver) {
  const Livepatch& livepatch = driver.livepatch;
  if (!livepatch.loaded) {
    return "off";
  }
  if (livepatch.in_force()) {
    return "on";
  }
  if (livepatch.in_transition) {
    return livepatch.enabled ? "on its way: some task still runs the stock functions"
                             : "going: some task still runs the patched functions";
  }
  if (livepatch.enabled) {
    return "unknown: its parameter rocmfix cannot be read";
  }
  if (livepatch.switched_off()) {
    return "loaded, and switched off (rocmfix_livepatch.rocmfix=0)";
  }
  return driver.loaded ? "loaded, and not in amdgpu: see `sudo dmesg | grep rocmfix_livepatch`"
                       : "loaded, and waits for amdgpu";
}

// Documentation/admin-guide/tainted-kernels.rst
struct Taint {
  unsigned bit;
  char letter;
  const char* meaning;
};
constexpr std::array<Taint, 3> taints = {{
    {12, 'O', "a module from outside the kernel's tree, as every DKMS module"},
    {13, 'E', "a module without a signature that the kernel knows"},
    {15, 'K', "a livepatch; until the next boot, also when it is off again"},
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

std::string describe_next(const Driver& driver) {
  if (driver.patched()) {
    return "Not needed: the amdgpu that is installed has the patches in it.\n";
  }
  if (!driver.livepatch.installed) {
    return "Next: sudo apt install rocmfix-livepatch-dkms\n";
  }
  return driver.livepatch.in_force() ? "Next: `rocmfix verify`; off again: `sudo rocmfix livepatch "
                                       "off`\n"
                                     : "Next: sudo rocmfix livepatch on\n";
}

// Its messages, and its hints, are for the user as they are.
Result<int> run_switch(const char* word) {
  std::string program = switch_program;
  std::string argument = word;
  const std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, switch_program, nullptr, nullptr, arguments.data(), environ);
  if (error != 0) {
    return fail({ErrorCode::failed, "cannot run " + program, error, ""});
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail({ErrorCode::failed, "cannot wait for " + program, errno, ""});
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(exit_wrong);
}

}  // namespace

int run_livepatch_status(const Root& root, bool json) {
  const Driver driver = inspect_driver(root);
  const int status = driver.livepatch.in_force() ? exit_ok : exit_wrong;
  if (json) {
    return print_result(livepatch_json(driver), status);
  }
  return print_result("rocmfix livepatch\n" +
                          format_table({{"kernel", driver.kernel_release.value_or("unknown")},
                                        {"installed", describe_installed(driver.livepatch)},
                                        {"state", describe_state(driver)}},
                                       "  ") +
                          describe_taint(root) + describe_next(driver),
                      status);
}

int run_livepatch_switch(const Root& root, bool on, bool json) {
  if (!root.is_system()) {
    return print_error(
        {ErrorCode::refused, "only the running kernel can be patched", 0, "leave out --root"},
        json);
  }
  if (::access(switch_program, X_OK) != 0) {
    return print_error({ErrorCode::failed, "the livepatch is not installed", 0,
                        "sudo apt install rocmfix-livepatch-dkms"},
                       json);
  }
  const auto status = run_switch(on ? "on" : "off");
  if (!status) {
    return print_error(status.error(), json);
  }
  if (*status != 0) {
    // It has said why on stderr; a document is owed all the same.
    return json ? print_error({ErrorCode::failed, "livepatch-switch failed", 0, "see above"}, json)
                : *status;
  }
  const Driver driver = inspect_driver(root);
  return print_result(json ? livepatch_json(driver)
                           : fmt::format("rocmfix livepatch: {}\n", describe_state(driver)),
                      exit_ok);
}

}  // namespace rocmfix::cli
