// SPDX-License-Identifier: MIT
#include "machine/install_advice.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/distribution.hpp"
#include "machine/package_names.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

// "6.1.0-56-amd64" -> "6.1"
std::string series_of(const std::string& release) {
  const std::size_t dot = release.find('.');
  const std::size_t end = dot == std::string::npos ? dot : release.find_first_of(".-+", dot + 1);
  return release.substr(0, end);
}

// dkms knows the package's module without the ending: rocmfix, rocmfix-livepatch.
std::string module_of(const std::string& package) {
  return package.substr(0, package.rfind("-dkms"));
}

// Of `CONFIG_VERSION_SIGNATURE="Ubuntu 6.8.0-45.45~22.04.1-generic 6.8.12"` in the configuration
// that Ubuntu's headers bring, for 6.8.0-45-generic: the source package's, without the flavour.
std::optional<std::string> ubuntu_version(const Root& root, const std::string& release) {
  const auto text =
      root.read("/lib/modules/" + release + "/build/include/config/auto.conf", 1U << 21U);
  constexpr std::string_view key = "\nCONFIG_VERSION_SIGNATURE=\"Ubuntu ";
  const std::size_t at = text ? text->find(key) : std::string::npos;
  const std::size_t dash = release.find('-', release.find('-') + 1);
  if (at == std::string::npos || dash == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t begin = at + key.size();
  const std::string version = text->substr(begin, text->find_first_of(" \"\n", begin) - begin);
  const std::string flavour = release.substr(dash);
  return version.size() > flavour.size() && version.ends_with(flavour)
             ? std::optional(version.substr(0, version.size() - flavour.size()))
             : std::nullopt;
}

bool has_source(const Root& root, const std::string& series) {
  constexpr std::array<const char*, 5> suffixes = {".tar.xz", ".tar.bz2", ".tar.gz", ".tar", ""};
  return std::any_of(suffixes.begin(), suffixes.end(), [&](const char* suffix) {
    return root.exists("/usr/src/linux-source-" + series + suffix);
  });
}

}  // namespace

// `#define LINUX_PACKAGE_ID " Debian 6.1.192-2"` in Debian's headers.
std::optional<std::string> package_version(const Root& root, const std::string& release) {
  const auto text =
      root.read("/lib/modules/" + release + "/build/include/generated/package.h", 1U << 16U);
  constexpr std::string_view key = "LINUX_PACKAGE_ID";
  const std::size_t at = text ? text->find(key) : std::string::npos;
  if (at == std::string::npos) {
    return ubuntu_version(root, release);
  }
  const std::size_t end = text->find('"', text->find('"', at) + 1);
  const std::size_t begin = text->rfind(' ', end);
  if (end == std::string::npos || begin == std::string::npos || begin < at || begin + 1 >= end) {
    return std::nullopt;
  }
  return text->substr(begin + 1, end - begin - 1);
}

std::string signing_advice(const Root& root, const std::string& package) {
  const OsRelease os = read_os_release(root);
  std::string line = install_hint(os, "openssl");
  if (os.is_like("debian")) {
    line += " && sudo apt install --reinstall " + package;
  }
  return line;
}

std::string install_advice(const Root& root, const std::string& release) {
  const auto is_in_dkms = [&](const std::string& package) {
    return root.exists(formatted("{}/{}", names::dkms_directory, module_of(package)));
  };
  const OsRelease os = read_os_release(root);
  const bool livepatch = is_in_dkms(names::livepatch_package);
  if (!livepatch && !is_in_dkms(names::module_package)) {
    return install_hint(os, names::module_package);
  }
  const std::string package = livepatch ? names::livepatch_package : names::module_package;
  const bool packaged = os.is_like("debian");
  // Not `dkms autoinstall`, which leaves rocmfix to its package; this also says what is wrong.
  std::string build = packaged
                          ? "sudo dpkg-reconfigure " + package
                          : "sudo env ROCMFIX_KERNEL_SOURCE=DIRECTORY dkms autoinstall -k " +
                                release + "; which DIRECTORY: docs/guide/other-distributions.md";
  if (!root.exists("/lib/modules/" + release + "/build/Makefile")) {
    return formatted("{} && {}", install_hint(os, "kernel-headers", release), build);
  }
  if (!packaged) {
    return build;
  }
  if (ubuntu_version(root, release) &&
      !root.exists(formatted("/var/cache/rocmfix/{}/amdgpu.tar.xz", release))) {
    return formatted("sudo rocmfix kernel-source && {}", build);
  }
  const std::string series = series_of(release);
  if (!ubuntu_version(root, release) && !has_source(root, series)) {
    const auto version = package_version(root, release);
    return formatted("sudo apt install linux-source-{}{} && {}", series,
                     version ? "=" + *version : "", build);
  }
  return formatted("dkms status {0}; {1}; the build's log is {2}/{0}/VERSION/build/make.log",
                   module_of(package), build, names::dkms_directory);
}

}  // namespace rocmfix::detail
