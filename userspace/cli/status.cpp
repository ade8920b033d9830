// SPDX-License-Identifier: MIT
// What is there, in plain words: a block for each GPU, one for the driver, and what to type next.
// Judges nothing: `rocmfix plan` and `rocmfix verify` do.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::string_view unknown = "unknown";

std::string shown(const std::optional<std::string>& value) {
  return value.value_or(std::string(unknown));
}

std::string yes_no(const std::optional<bool>& value) {
  if (!value) {
    return std::string(unknown);
  }
  return *value ? "yes" : "no";
}

// "RDNA1 (GC 10.1.10), supported". A chip nothing is known of may yet be one of ours.
std::string describe_chip(const Gpu& gpu) {
  if (!gpu.gc && !gpu.gfx) {
    return "unknown, left alone";
  }
  const bool ours = gpu.family != Family::other;
  return fmt::format("{} (GC {}), {}", ours ? to_string(gpu.family) : "neither RDNA1 nor RDNA2",
                     gpu.gc ? to_string(*gpu.gc) : unknown,
                     gpu.supported ? "supported" : "left alone");
}

std::string describe_gpu(const Gpu& gpu) {
  Rows rows = {
      {"PCI", fmt::format("{} [{}]", gpu.bdf, gpu.pci_id)},
      {"chip", describe_chip(gpu)},
      {"gfx target", shown(gpu.gfx)},
      {"KFD node", gpu.kfd_node ? fmt::format("{}", *gpu.kfd_node) : "none"},
      {"VRAM", gpu.vram_bytes ? fmt::format("{} MiB", *gpu.vram_bytes >> 20U) : shown({})},
      {"large BAR", yes_no(gpu.large_bar)},
  };
  if (gpu.driver != "amdgpu") {
    rows.push_back({"driver", gpu.driver ? *gpu.driver : "none, or unknown"});
  }
  return fmt::format("{}\n{}", printable(gpu.name.value_or("AMD GPU")), format_table(rows, "  "));
}

std::string describe_installed(const Machine& machine) {
  const Driver& driver = machine.driver;
  if (!driver.kernel_release) {
    return "unknown: no kernel release to look for";
  }
  if (!driver.installed) {
    const bool hidden = std::any_of(
        machine.unreadable.begin(), machine.unreadable.end(),
        [](const std::string& one) { return one.find("/lib/modules") != std::string::npos; });
    return hidden ? "unknown: /lib/modules cannot be read"
                  : "no amdgpu module found for this kernel";
  }
  const InstalledModule& module = *driver.installed;
  if (module.unread) {
    return fmt::format("unknown: {}", to_string(*module.unread));
  }
  const std::string kind = driver.patched() ? fmt::format("rocmfix {}", shown(module.version))
                           : module.version ? fmt::format("version {}", *module.version)
                                            : "stock";
  return fmt::format("{} ({})", kind, module.file);
}

std::string describe_livepatch(const Livepatch& livepatch) {
  return fmt::format(
      "rocmfix {}, {}",
      shown(livepatch.loaded ? livepatch.loaded->version : livepatch.installed->version),
      livepatch.in_force() ? "in force"
      : livepatch.loaded   ? "loaded, not in force: see `rocmfix livepatch status`"
                           : "installed, not loaded: sudo rocmfix livepatch on");
}

std::string describe_driver(const Machine& machine) {
  const Driver& driver = machine.driver;
  Rows rows = {{"kernel", shown(driver.kernel_release)},
               {"installed", describe_installed(machine)},
               {"loaded", describe_loaded(driver)}};
  if (driver.livepatch.installed || driver.livepatch.loaded) {
    rows.push_back({"livepatch", describe_livepatch(driver.livepatch)});
  }
  return "amdgpu driver\n" + format_table(rows, "  ");
}

std::string describe_unreadable(const Machine& machine) {
  if (machine.unreadable.empty()) {
    return "";
  }
  std::string text = "Some files could not be read, so the above may be incomplete:\n";
  for (const std::string& one : machine.unreadable) {
    text += fmt::format("  {}\n", printable(one));
  }
  return text + (::geteuid() == 0 ? "\n" : "As root it can: sudo rocmfix status\n\n");
}

std::string describe_next(const Machine& machine) {
  if (machine.gpus.empty()) {
    return "No AMD GPU found. rocmfix has nothing to do on this machine.\n";
  }
  if (!machine.supported()) {
    return "No supported GPU (RX 5000 or RX 6000 series): rocmfix changes nothing on this "
           "machine.\n";
  }
  if (machine.driver.variant()) {
    return "Next: `rocmfix plan` shows what is set, `rocmfix verify` whether it is in force.\n";
  }
  return "Next: `rocmfix plan` shows what would be set, and why.\n";
}

int run_status(const Root& root, bool json) {
  const auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  const int status = seen->machine.supported() ? exit_ok : exit_not_applicable;
  if (json) {
    return print_result(status_json(seen->machine), status);
  }
  std::string text;
  for (const Gpu& gpu : seen->machine.gpus) {
    text += describe_gpu(gpu) + '\n';
  }
  text += describe_driver(seen->machine) + '\n';
  text += describe_unreadable(seen->machine) + describe_next(seen->machine);
  return print_result(text, status);
}

}  // namespace

const Verb status_verb{
    nullptr, "status", "show the GPUs and the driver", accepts_nothing,
    [](const Root& root, const Request& request) { return run_status(root, request.json); }};

}  // namespace rocmfix::cli
