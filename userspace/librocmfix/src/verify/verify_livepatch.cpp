// SPDX-License-Identifier: MIT
#include "verify/verify_livepatch.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include "machine/install_advice.hpp"
#include "machine/kernel_log.hpp"
#include "machine/kfd_users.hpp"
#include "machine/package_names.hpp"
#include "machine/secure_boot.hpp"
#include "util/formatted.hpp"
#include "verify/verify_words.hpp"

namespace rocmfix::detail {
namespace {

constexpr const char* on_hint = "sudo rocmfix livepatch on";

// Of the kernel module, kernel/livepatch/rocmfix_livepatch_devices.c and rocmfix_device.c.
constexpr std::string_view late_message = "rocmfix: memory that is mapped already keeps its MTYPE";
constexpr std::string_view device_message = "rocmfix: active (";

bool is_denied(const Error& error) {
  return error.errnum == EPERM || error.errnum == EACCES;
}

Check installed_check(const Driver& driver) {
  return {"module.installed", true,
          formatted("{}, version {}, next to the stock amdgpu", driver.livepatch.installed->file,
                    shown(driver.livepatch.installed->version)),
          ""};
}

Check missing_check(const Root& root) {
  Check check{"module.loaded", false, "rocmfix_livepatch is not loaded", on_hint};
  explain_refusal(root, names::livepatch_package, check);
  return check;
}

Check loaded_check(const Root& root, const Driver& driver) {
  if (!driver.loaded) {
    return {"module.loaded", false, "amdgpu is not loaded",
            "sudo modprobe amdgpu; if that fails: sudo dmesg | tail"};
  }
  const auto& loaded = driver.livepatch.loaded;
  if (!loaded) {
    return missing_check(root);
  }
  const auto& installed = driver.livepatch.installed->srcversion;
  if (!loaded->srcversion || !installed) {
    return {"module.loaded", std::nullopt, "rocmfix_livepatch is loaded, from an unknown build",
            ""};
  }
  if (*loaded->srcversion != *installed) {
    return {"module.loaded", false,
            formatted("loaded rocmfix_livepatch has srcversion {}, installed {}",
                      *loaded->srcversion, *installed),
            "sudo rocmfix livepatch off && sudo rocmfix livepatch on"};
  }
  return {"module.loaded", true, "rocmfix_livepatch, srcversion " + *installed, ""};
}

Check active_check(const Livepatch& livepatch, const Check& devices) {
  constexpr const char* id = "module.active";
  switch (livepatch.state) {
    case LivepatchState::off:
      return {id, false, "rocmfix_livepatch is not loaded", "see module.loaded"};
    case LivepatchState::disabled:
      return {
          id, false, "switched off: rocmfix_livepatch.rocmfix=0",
          "remove rocmfix_livepatch.rocmfix=0 from the kernel command line (GRUB_CMDLINE_LINUX or "
          "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then sudo update-grub; "
          "/etc/kernel/cmdline) or from /etc/modprobe.d, then sudo rocmfix livepatch off "
          "&& sudo rocmfix livepatch on"};
    case LivepatchState::waiting:
      return {id, false, "rocmfix_livepatch waits for amdgpu, which drives no GPU",
              "sudo modprobe amdgpu; if that fails: sudo dmesg | tail"};
    case LivepatchState::idle:
      return {id, false,
              "rocmfix_livepatch is loaded but not in amdgpu: it was built for another amdgpu",
              "sudo dmesg | grep rocmfix_livepatch; then sudo dpkg-reconfigure " +
                  std::string(names::livepatch_package)};
    case LivepatchState::patching:
    case LivepatchState::unpatching:
      return {id, std::nullopt, "some task still runs the functions that are to be replaced",
              "wait, then check again: rocmfix livepatch status"};
    case LivepatchState::on:
      break;
  }
  return devices;
}

// When the patch was loaded for a GPU that was in use: the last time that the log reports. Errors:
// io.
struct Arrival {
  bool is_told = false;  ///< the log goes back far enough to have it
  std::optional<std::uint64_t> late_microseconds;
};

Result<Arrival> find_arrival(const Root& root) {
  auto log = read_kernel_log(root);
  if (!log) {
    return fail(std::move(log.error()));
  }
  Arrival arrival;
  for (const KernelMessage& message : *log) {
    if (message.text.find(device_message) != std::string::npos) {
      arrival.is_told = true;
    } else if (message.text.find(late_message) != std::string::npos) {
      arrival.late_microseconds = message.microseconds;
    }
  }
  return arrival;
}

// A livepatch changes what is mapped from then on.
Check refresh_check(const Root& root, const Livepatch& livepatch) {
  Check check{"livepatch.refresh", true, "it was loaded before any program used the GPU", ""};
  if (!livepatch.in_force() && livepatch.state != LivepatchState::patching) {
    check.detail = "nothing to refresh: it is not in amdgpu";
    return check;
  }
  const auto arrival = find_arrival(root);
  if (!arrival) {
    check = {check.id, std::nullopt, to_string(arrival.error()), "sudo rocmfix verify"};
    return check;
  }
  if (!arrival->late_microseconds) {
    if (!arrival->is_told) {
      check = {check.id, std::nullopt, "the kernel log does not reach back to when it was loaded",
               ""};
    }
    return check;
  }
  const KfdUsers users = find_kfd_users_before(root, *arrival->late_microseconds);
  if (!users.names.empty()) {
    check = {check.id, false,
             "memory mapped before it was loaded keeps its type in these programs: " + users.names,
             "end these programs and start them again"};
  } else if (!users.complete) {
    check = {check.id, std::nullopt,
             "it was loaded while the GPU was in use; only root can see by which programs",
             "sudo rocmfix verify"};
  } else {
    check.detail = "no compute program from before it was loaded is still running";
  }
  return check;
}

}  // namespace

void explain_refusal(const Root& root, const char* package_name, Check& missing) {
  const auto log = read_kernel_log(root);
  if (!log) {
    if (is_denied(log.error())) {
      missing.hint = "sudo rocmfix verify, which may read the kernel log";
    }
    return;
  }
  const auto refusal = find_module_refusal(*log);
  if (!refusal) {
    return;
  }
  missing.detail += formatted(
      ": the kernel accepts only modules signed with a known key, as under Secure Boot (its log: "
      "\"{}\")",
      refusal->message);
  missing.hint =
      refusal->is_signed
          ? formatted(
                "sudo mokutil --import {}, then sudo reboot and enrol the "
                "key on the blue screen; or back to the stock driver: sudo apt purge {}",
                signing_certificate(root), package_name)
          : formatted("rocmfix's module is not signed: {}", signing_advice(root, package_name));
}

std::vector<Check> verify_livepatch(const Root& root, const Driver& driver, const Check& devices) {
  return {installed_check(driver), loaded_check(root, driver),
          active_check(driver.livepatch, devices), refresh_check(root, driver.livepatch)};
}

}  // namespace rocmfix::detail
