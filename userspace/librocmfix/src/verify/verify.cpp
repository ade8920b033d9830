// SPDX-License-Identifier: MIT
#include "rocmfix/verify.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "machine/install_advice.hpp"
#include "machine/package_names.hpp"
#include "modprobe/boot_parameters.hpp"
#include "modprobe/modprobe_files.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"
#include "verify/verify_build.hpp"
#include "verify/verify_initramfs.hpp"
#include "verify/verify_livepatch.hpp"
#include "verify/verify_options.hpp"
#include "verify/verify_words.hpp"

namespace rocmfix {
namespace {

class Verifier {
 public:
  Verifier(const Root& root, const Machine& machine, const Plan& plan)
      : root_(&root), machine_(&machine), driver_(&machine.driver) {
    for (const auto& row : plan.settings) {
      if (row.layer == Layer::module && row.proposed) {
        wanted_.settings.push_back(row);
      }
    }
    wanted_.profile = plan.profile;
  }

  Verification run();

 private:
  [[nodiscard]] Check gpu_supported() const;
  [[nodiscard]] Check module_installed() const;
  [[nodiscard]] Check module_loaded() const;
  [[nodiscard]] Check module_missing() const;
  [[nodiscard]] std::optional<std::string> refusal() const;
  [[nodiscard]] Check module_active() const;
  [[nodiscard]] std::string switch_remedy() const;
  [[nodiscard]] Check device_active() const;

  const Root* root_;
  const Machine* machine_;
  const Driver* driver_;
  Plan wanted_;  ///< the module rows that propose something
};

Verification Verifier::run() {
  Verification result;
  result.checks.push_back(gpu_supported());
  if (!machine_->unreadable.empty()) {
    // Among the first: what a check below takes for absent may be there.
    result.checks.push_back(
        {"machine.readable", std::nullopt,
         "cannot read " + machine_->unreadable.front() + "; a check may treat it as missing",
         ::geteuid() == 0 ? "rocmfix status shows all of them" : "sudo rocmfix verify"});
  }
  if (result.checks.front().ok == true) {
    for (auto check :
         {detail::verify_build(*root_, *driver_), detail::verify_source(*root_, *driver_)}) {
      if (check) {
        result.checks.push_back(std::move(*check));
      }
    }
    if (driver_->variant() == Variant::livepatch) {
      for (auto& check : detail::verify_livepatch(*root_, *driver_, device_active())) {
        result.checks.push_back(std::move(check));
      }
    } else {
      result.checks.push_back(module_installed());
      result.checks.push_back(module_loaded());
      result.checks.push_back(module_active());
    }
    const detail::OptionChecks options(*root_, *machine_, wanted_);
    for (auto& check : options.run()) {
      result.checks.push_back(std::move(check));
    }
    for (auto& check : detail::verify_initramfs(*root_, *driver_, wanted_, options.files_hint())) {
      result.checks.push_back(std::move(check));
    }
  }
  result.ok = std::none_of(result.checks.begin(), result.checks.end(),
                           [](const Check& check) { return check.ok == false; });
  return result;
}

Check Verifier::gpu_supported() const {
  std::string names;
  for (const auto& gpu : machine_->gpus) {
    if (gpu.supported) {
      names += (names.empty() ? "" : ", ") + gpu.name.value_or(gpu.pci_id) + " at " + gpu.bdf;
    }
  }
  return names.empty()
             ? Check{"gpu.supported", false, "no RDNA1 or RDNA2 GPU here", "rocmfix status"}
             : Check{"gpu.supported", true, names, ""};
}

Check Verifier::module_installed() const {
  Check check{"module.installed", false, "", ""};
  if (!driver_->kernel_release) {
    return {check.id, std::nullopt, "the running kernel's release is not known", ""};
  }
  const std::string& release = *driver_->kernel_release;
  if (!driver_->installed) {
    check.detail = formatted("no amdgpu in /lib/modules/{}", release);
    check.hint = detail::install_advice(*root_, release);
  } else if (const auto& unread = driver_->installed->unread) {
    // A damaged one is what modprobe would try.
    const bool damaged = unread->code == ErrorCode::invalid;
    check.ok = damaged ? std::optional(false) : std::nullopt;
    check.detail = to_string(*unread);
    check.hint = damaged ? detail::install_advice(*root_, release) : unread->hint;
  } else if (driver_->patched()) {
    check.ok = true;
    check.detail = formatted("{}, version {}", driver_->installed->file,
                             detail::shown(driver_->installed->version));
  } else {
    check.detail =
        formatted("modprobe would load {}, which is not rocmfix's", driver_->installed->file);
    check.hint = detail::install_advice(*root_, release);
  }
  return check;
}

// Why amdgpu is not loaded, as far as that is known.
Check Verifier::module_missing() const {
  Check check{"module.loaded", false, "amdgpu is not loaded",
              "sudo modprobe amdgpu; if that fails: sudo dmesg | tail"};
  for (const auto& [name, value] :
       detail::split_parameters(root_->read("/proc/cmdline").value_or(""))) {
    if (name == "nomodeset") {
      check.detail += ": `nomodeset` is on the kernel command line";
      check.hint = detail::remove_boot_parameter(*root_, name).text;
      return check;
    }
  }
  for (const LineFault& fault : machine_->line_faults) {
    if (fault.blocks) {
      return {check.id, false, check.detail + ": " + describe(fault), fault.remedy};
    }
  }
  // The stock module is signed by the kernel's own key: only ours can be refused for want of one.
  if (!driver_->patched()) {
    return check;
  }
  detail::explain_refusal(*root_, detail::names::module_package, check);
  return check;
}

// Why the stock driver runs instead of ours since this boot: dkms/load-stock has loaded it.
std::optional<std::string> Verifier::refusal() const {
  if (!driver_->patched() || !driver_->loaded || driver_->loaded->parameters.contains("rocmfix")) {
    return std::nullopt;
  }
  const auto reason = root_->read(detail::names::refusal_file, 4096);
  if (!reason) {
    return std::nullopt;
  }
  return printable_line(std::string_view(*reason).substr(0, reason->find('\n')), 256);
}

Check Verifier::module_loaded() const {
  if (!driver_->loaded) {
    return module_missing();
  }
  if (const auto reason = refusal()) {
    Check check{
        "module.loaded", false,
        formatted("the stock amdgpu, because rocmfix's was refused at this boot ({})", *reason),
        "sudo dmesg | grep -i -e module -e amdgpu"};
    detail::explain_refusal(*root_, detail::names::module_package, check);
    return check;
  }
  Check check{"module.loaded", std::nullopt, "", ""};
  const auto& loaded = driver_->loaded->srcversion;
  if (!driver_->installed) {
    check.detail = "loaded; the installed module is unknown";
    return check;
  }
  const auto& installed = driver_->installed->srcversion;
  if (!loaded && !installed) {
    check.detail = "neither the loaded nor the installed amdgpu has a srcversion (stock driver)";
    return check;
  }
  check.ok = loaded == installed;
  check.detail = *check.ok ? formatted("srcversion {}", *loaded)
                           : formatted("loaded srcversion {}, installed {}", detail::shown(loaded),
                                       detail::shown(installed));
  check.hint = *check.ok ? "" : "sudo reboot";
  return check;
}

Check Verifier::module_active() const {
  Check check{"module.active", false, "", ""};
  if (!driver_->loaded) {
    check.detail = "amdgpu is not loaded";
    check.hint = "see module.loaded";
    return check;
  }
  const auto& parameters = driver_->loaded->parameters;
  const auto switched = parameters.find("rocmfix");
  if (switched == parameters.end()) {
    check.detail = "the loaded amdgpu is not rocmfix's";
    check.hint = refusal()            ? "see module.loaded"
                 : driver_->patched() ? "sudo reboot"
                                      : "see module.installed";
    return check;
  }
  if (same_value(switched->second, "0")) {
    check.detail = "switched off: amdgpu.rocmfix=0";
    check.hint = switch_remedy();
    return check;
  }
  return device_active();
}

// Where `rocmfix` is set to 0; without such a place, only a reboot helps.
std::string Verifier::switch_remedy() const {
  std::string text;
  for (const ModuleOption& option : machine_->options) {
    if (option.name == "rocmfix" && same_value(option.value, "0")) {
      text += (text.empty() ? "" : "; ") + remedy(*root_, option);
    }
  }
  return text.empty() ? "reboot: nothing that rocmfix reads sets amdgpu.rocmfix=0 any more" : text;
}

Check Verifier::device_active() const {
  Check check{"module.active", true, "", ""};
  for (const auto& gpu : machine_->gpus) {
    if (!gpu.supported) {
      continue;
    }
    const auto active = root_->read_line("/sys/bus/pci/devices/" + gpu.bdf + "/rocmfix/active");
    check.detail += formatted("{}{} {}", check.detail.empty() ? "" : ", ", gpu.bdf,
                              !active          ? "unknown"
                              : *active == "1" ? "active"
                                               : "not active");
    if (active && *active != "1") {
      check.ok = false;
      check.hint = "sudo dmesg | grep rocmfix";
    } else if (!active && check.ok == true) {
      check.ok = std::nullopt;
      check.hint = formatted("lspci -k -s {} shows the driver that has the device", gpu.bdf);
    }
  }
  return check;
}

}  // namespace

Verification verify_machine(const Root& root, const Machine& machine, const Plan& plan) {
  return Verifier(root, machine, plan).run();
}

}  // namespace rocmfix
