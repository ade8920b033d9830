// SPDX-License-Identifier: MIT
// Gathers the facts that a plan is made from.
#include <charconv>

#include "rocmfix/environment.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/plan.hpp"

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

}  // namespace

Result<Machine> inspect_machine(const Root& root, const Policy& policy) {
  Machine machine;
  machine.gpus = discover_gpus(root, policy);
  machine.driver = inspect_driver(root);
  const auto options = read_module_options(root);
  if (!options) {
    return fail(options.error());
  }
  const auto others = read_options_without_rocmfix(root);
  if (!others) {
    return fail(others.error());
  }
  machine.configured = effective_options(*options);
  machine.configured_by_others = effective_options(*others);
  machine.environment = inherited_environment(root);
  machine.ram_mib = read_ram_mib(root);
  return machine;
}

}  // namespace rocmfix
