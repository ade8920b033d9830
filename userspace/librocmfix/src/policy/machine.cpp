// SPDX-License-Identifier: MIT
// Gathers the facts that a plan is made from.

#include <charconv>
#include <system_error>

#include "policy/line_faults.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/plan.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

// "MemTotal:       16303428 kB"
std::optional<std::uint64_t> read_ram_mib(const Root& root) {
  const auto text = root.read("/proc/meminfo");
  constexpr std::string_view key = "MemTotal:";
  if (!text || !text->starts_with(key)) {
    return std::nullopt;
  }
  const auto digits = text->find_first_not_of(" \t", key.size());
  if (digits == std::string::npos) {
    return std::nullopt;
  }
  std::uint64_t kib = 0;
  const auto [end, error] =
      std::from_chars(text->data() + digits, text->data() + text->size(), kib);
  return error == std::errc{} ? std::optional(kib / 1024) : std::nullopt;
}

// The first of each directory; a parameter's file may be root's alone (gttsize: 0600), which hides
// nothing.
std::vector<std::string> read_unreadable(const Root& root) {
  std::vector<std::string> texts;
  for (const std::string_view directory :
       {"/sys/bus/pci", "/sys/class/drm", "/sys/class/kfd", "/sys/module", "/sys/kernel/livepatch",
        "/lib/modules", "/proc"}) {
    auto failures = root.unreadable(directory);
    std::erase_if(failures, [](const Root::Unreadable& one) {
      return one.path.find("/parameters/") != std::string::npos;
    });
    if (failures.empty()) {
      continue;
    }
    std::string text = formatted("{}: {}", root.host_path(failures.front().path).string(),
                                 std::generic_category().message(failures.front().errnum));
    if (failures.size() > 1) {
      text += formatted(", and {} more below {}", failures.size() - 1, directory);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

Machine inspect_machine_parts(const Root& root, const Policy& policy,
                              std::optional<Error>& options_error) {
  Machine machine;
  machine.gpus = discover_gpus(root, policy);
  machine.driver = inspect_driver(root);
  auto options = read_module_options(root);
  const auto others = read_options_without_rocmfix(root);
  if (options && others) {
    machine.configured = effective_options(*options);
    machine.configured_by_others = effective_options(*others);
    machine.options = std::move(*options);
    machine.line_faults = detail::find_line_faults(root, machine.driver, policy.settings())
                              .value_or(std::vector<LineFault>());
  } else {
    options_error = options ? others.error() : options.error();
  }
  machine.environment = inherited_environment(root);
  machine.ram_mib = read_ram_mib(root);
  machine.unreadable = read_unreadable(root);
  return machine;
}

Result<Machine> inspect_machine(const Root& root, const Policy& policy) {
  std::optional<Error> options_error;
  Machine machine = inspect_machine_parts(root, policy, options_error);
  if (auto hidden = unreadable_gpus(root); hidden && !machine.supported()) {
    return fail(std::move(*hidden));
  }
  if (options_error) {
    return fail(std::move(*options_error));
  }
  return machine;
}

}  // namespace rocmfix
