// SPDX-License-Identifier: MIT
#include "rocmfix/known_kernels.hpp"

#include <algorithm>
#include <utility>

#include "base/overlay.hpp"
#include "base/version_numbers.hpp"
#include "machine/kernel_table.hpp"
#include "machine/kernels_toml.hpp"
#include "rocmfix/driver.hpp"

namespace rocmfix {

struct KnownKernels::Storage {
  TomlArena arena;
  std::vector<KnownKernel> entries;
};

namespace {

using detail::in_versions;

constexpr std::string_view overlay = "/etc/rocmfix/kernels.toml";

std::string word_after(std::string_view text, std::string_view prefix) {
  const std::size_t at = text.rfind(prefix);
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + prefix.size());
  return std::string(text.substr(0, text.find(' ')));
}

// "... #1 SMP PREEMPT_DYNAMIC Debian 6.12.115-1 (2026-10-02)". The compiler's own "(Debian
// 14.2.0-19)" comes before the "#".
std::string debian_package(std::string_view version) {
  const std::size_t build = version.find(" #");
  std::string package = build == std::string_view::npos
                            ? std::string()
                            : word_after(version.substr(build), " Debian ");
  return detail::version_numbers(package).empty() ? std::string() : package;
}

}  // namespace

std::optional<RunningKernel> read_running_kernel(const Root& root) {
  auto release = read_kernel_release(root);
  if (!release) {
    return std::nullopt;
  }
  RunningKernel kernel{std::move(*release), {}, {}, {}};
  kernel.upstream = kernel.release;
  // "Ubuntu 7.0.0-28.28~24.04.1-generic 7.0.12": the last word is upstream's stable release.
  const std::string signature = root.read_line("/proc/version_signature").value_or("");
  const std::string version = root.read_line("/proc/version").value_or("");
  if (std::string package = word_after(signature, "Ubuntu "); !package.empty()) {
    kernel.distribution = "ubuntu";
    kernel.package = std::move(package);
    kernel.upstream = signature.substr(signature.rfind(' ') + 1);
  } else if (version.find("-Ubuntu ") != std::string::npos) {  // "#28~24.04.1-Ubuntu SMP"
    kernel.distribution = "ubuntu";
    kernel.package = kernel.release;
  } else if (std::string debian = debian_package(version); !debian.empty()) {
    kernel.distribution = "debian";
    kernel.upstream = debian.substr(0, debian.find('-'));
    kernel.package = std::move(debian);
  }
  return kernel;
}

KnownKernels KnownKernels::built_in() {
  KnownKernels kernels;
  kernels.entries_ = tables::known_kernels;
  return kernels;
}

Result<KnownKernels> KnownKernels::load(const Root& root) {
  KnownKernels kernels = built_in();
  auto storage = std::make_shared<Storage>();
  auto added = detail::parse_overlay(root, overlay, &parse_known_kernels, storage->arena);
  if (!added) {
    return fail(std::move(added.error()));
  }
  if (!*added) {
    return kernels;
  }
  storage->entries = detail::laid_over(
      kernels.entries_, **added, [](const KnownKernel& one) { return one.name; },
      detail::NewEntries::last);
  kernels.entries_ = storage->entries;
  kernels.storage_ = std::move(storage);
  return kernels;
}

std::vector<const KnownKernel*> KnownKernels::find(const RunningKernel& kernel,
                                                   std::string_view gfx) const {
  std::vector<const KnownKernel*> found;
  for (const KnownKernel& one : entries_) {
    const bool theirs = one.distribution.empty() || one.distribution == kernel.distribution;
    const std::string& version = one.distribution.empty() ? kernel.upstream : kernel.package;
    const bool gpu =
        one.gfx.empty() || std::find(one.gfx.begin(), one.gfx.end(), gfx) != one.gfx.end();
    if (theirs && gpu && in_versions(version, one.first, one.last)) {
      found.push_back(&one);
    }
  }
  return found;
}

}  // namespace rocmfix
