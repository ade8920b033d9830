// SPDX-License-Identifier: MIT
#include "rocmfix/kernel_source.hpp"

#include <sys/wait.h>

#include <utility>
#include <vector>

#include "base/run_program.hpp"
#include "machine/package_names.hpp"
#include "rocmfix/install_hint.hpp"
#include "rocmfix/simulation.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

// The program of whichever package is there: they exclude each other.
std::string find_program(const Root& root) {
  for (const char* package : {detail::names::module_package, detail::names::livepatch_package}) {
    std::string program = formatted("/usr/libexec/{}/kernel-source", package);
    if (root.exists(program)) {
      return program;
    }
  }
  return {};
}

}  // namespace

Result<int> get_kernel_source(const Root& root, const std::string& kernel, bool dry_run) {
  if (!root.is_system()) {
    return fail(
        {ErrorCode::refused, "the source is for kernels of this machine", 0, "leave out --root"});
  }
  if (const auto allowed = refuse_when_simulated(root, "kernel-source"); !allowed) {
    return fail(allowed.error());
  }
  std::vector<std::string> words = {find_program(root)};
  if (words.front().empty()) {
    return fail({ErrorCode::failed, "neither DKMS package is installed: nothing needs the source",
                 0, install_hint(root, detail::names::module_package)});
  }
  if (!kernel.empty()) {
    words.insert(words.end(), {"--kernel", kernel});
  }
  if (dry_run) {
    words.emplace_back("--dry-run");
  }
  const auto status = detail::run_program(std::move(words));
  if (!status) {
    return fail(status.error());
  }
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 1;
}

}  // namespace rocmfix
