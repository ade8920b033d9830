// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as a kernel module, packed or not, or as one of the indices that
// depmod(8) writes; the first byte says which. Besides what the sanitizers find it holds that the
// same file is the same module, and that no module is named that is not there.
#include <array>

#include "fuzzing.hpp"
#include "rocmfix/driver.hpp"
#include "verify/module_file.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

const std::string release = "6.1.0";
const std::string folder = "/usr/lib/modules/" + release + "/";
constexpr std::array<const char*, 6> names = {"kernel/amdgpu.ko",        "modules.dep.bin",
                                              "modules.builtin.modinfo", "modules.dep",
                                              "modules.builtin.bin",     "modules.alias.bin"};

void check_identity(const Root& root) {
  const auto first = detail::identify_module(root, folder + names[0]);
  const auto second = detail::identify_module(root, folder + names[0]);
  require(first.has_value() == second.has_value(), "the same bytes, another outcome");
  if (first) {
    require(detail::same_module(*first, *second) == true, "a file that differs from itself");
  } else {
    require(!first.error().what.empty(), "an error's words");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static const bool prepared = [] {
    machine.put("/proc/sys/kernel/osrelease", release + "\n");
    std::filesystem::create_directory_symlink("usr/lib", machine.root().dir() / "lib");
    return true;
  }();
  if (!prepared || size < 1) {
    return 0;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool fuzzed = i == data[0] % names.size();
    if (fuzzed || i == 3) {
      machine.put(folder + names[i], fuzzed ? fuzz::text_of(data + 1, size - 1)
                                            : std::string_view("kernel/amdgpu.ko:\n"));
    } else {
      std::filesystem::remove(machine.root().dir().string() + folder + names[i]);
    }
  }
  const Root root = machine.root();
  if (data[0] % names.size() == 0) {
    check_identity(root);
  }
  const Driver driver = inspect_driver(root);
  require(driver.kernel_release == release, "the kernel's name");
  require(!driver.loaded, "no module is loaded");
  return 0;
}
