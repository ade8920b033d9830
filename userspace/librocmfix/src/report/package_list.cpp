// SPDX-License-Identifier: MIT
#include "report/package_list.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t largest_status = 64U << 20U;
constexpr std::array<std::string_view, 22> parts_of_names = {
    "rocm",          "hip",          "hsa",      "amdgpu", "mesa",   "linux-image",
    "linux-headers", "linux-source", "firmware", "torch",  "miopen", "rocblas",
    "tensile",       "rocr",         "comgr",    "rccl",   "libdrm", "dkms",
    "ollama",        "llama",        "ggml",     "whisper"};

bool is_of_interest(std::string_view name) {
  return std::any_of(parts_of_names.begin(), parts_of_names.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

std::string_view after(std::string_view line, std::string_view key) {
  return line.starts_with(key) ? line.substr(key.size()) : std::string_view();
}

/// Paragraphs of "Package: ", "Status: install ok installed", "Version: ".
void add_dpkg(std::string_view status, std::set<std::string>& packages) {
  std::string_view name;
  bool installed = false;
  for (const std::string_view line : lines_of(status)) {
    if (line.empty()) {
      name = {};
      installed = false;
    } else if (const auto given = after(line, "Package: "); !given.empty()) {
      name = given;
    } else if (const auto state = after(line, "Status: "); !state.empty()) {
      installed = state.ends_with(" installed");
    } else if (const auto version = after(line, "Version: ");
               !version.empty() && installed && is_of_interest(name)) {
      packages.insert(formatted("{} {}", name, version));
    }
  }
}

/// Folders "NAME-VERSION-RELEASE".
void add_pacman(const Root& root, std::set<std::string>& packages) {
  for (const std::string& entry : root.list("/var/lib/pacman/local")) {
    const auto release = entry.rfind('-');
    const auto version =
        release == std::string::npos || release == 0 ? release : entry.rfind('-', release - 1);
    if (version != std::string::npos && is_of_interest(entry.substr(0, version))) {
      packages.insert(formatted("{} {}", entry.substr(0, version), entry.substr(version + 1)));
    }
  }
}

}  // namespace

std::string package_list(const Root& root) {
  std::set<std::string> packages;
  const auto status = root.read("/var/lib/dpkg/status", largest_status);
  if (status) {
    add_dpkg(*status, packages);
  }
  add_pacman(root, packages);
  std::string text;
  for (const std::string& package : packages) {
    text += printable(package) + "\n";
  }
  if (text.empty()) {
    text =
        "No packages found by dpkg's and pacman's files. With rpm, please add the output of:\n"
        "rpm -qa | grep -iE 'rocm|hip|hsa|amdgpu|mesa|kernel|firmware|torch'\n";
  }
  return text;
}

}  // namespace rocmfix::detail
