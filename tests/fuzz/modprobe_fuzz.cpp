// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as modprobe's configuration, its files parted by NUL, the first part
// as the kernel command line and as a boot loader's file. Besides what the sanitizers find it holds
// that each option has a name and a place, that the effective ones are among them, and that a plan
// can be made and rendered.
#include <algorithm>
#include <array>

#include "fuzzing.hpp"
#include "modprobe/modprobe_files.hpp"
#include "policy/line_faults.hpp"
#include "rocmfix/modprobe_conf.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

constexpr std::array<const char*, 3> files = {
    "/etc/modprobe.d/a.conf", "/etc/modprobe.d/rocmfix.conf", "/usr/lib/modprobe.d/z.conf"};

void check(const Root& root, const std::vector<ModuleOption>& options) {
  for (const ModuleOption& option : options) {
    require(!option.file.empty() && option.file.front() == '/', "where an option was written");
    const Conflict conflict{option, true, {}};
    require(!describe(conflict).empty() && !remedy(root, option).empty(), "a conflict's words");
  }
  for (const auto& effective : effective_options(options)) {
    require(std::any_of(options.begin(), options.end(),
                        [&](const auto& option) {
                          return option.name == effective.first && option.value == effective.second;
                        }),
            "an effective option that is nowhere");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view boot = fuzz::take_part(rest, '\0');
  machine.put("/proc/cmdline", boot);
  machine.put("/etc/default/grub", boot);
  for (const char* file : files) {
    machine.put(file, fuzz::take_part(rest, '\0'));
  }
  const Root root = machine.root();
  for (auto* const read : {read_module_options, read_options_without_rocmfix}) {
    if (const auto options = read(root)) {
      check(root, *options);
    }
  }
  const auto faults =
      detail::find_line_faults(root, inspect_driver(root), Policy::built_in().settings());
  for (const LineFault& fault : faults.value_or(std::vector<LineFault>())) {
    require(!fault.text.empty() && !fault.remedy.empty() && !describe(fault).empty(),
            "a faulty line's words");
  }
  for (const auto& line : detail::parse_modprobe_lines(fuzz::text_of(data, size), "/f")) {
    for (const auto& [name, value] : detail::split_parameters(line.rest)) {
      require(name.find('-') == std::string::npos, "a name with a dash");
    }
  }
  return 0;
}
