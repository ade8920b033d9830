// SPDX-License-Identifier: MIT
#include "machine/rocm_version.hpp"

#include "util/formatted.hpp"

namespace rocmfix::detail {

std::string rocm_version(const Root& root) {
  // AMD's packages; "6.4.1-83".
  if (const auto version = root.read_line("/opt/rocm/.info/version")) {
    return formatted("{} (/opt/rocm)", version->substr(0, version->find('-')));
  }
  // Distributions: the file that the soname leads to has the version in its name.
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"}) {
    for (const char* major : {"7", "6", "5"}) {
      const auto file = root.real_path(formatted("{}/libamdhip64.so.{}", folder, major));
      if (!file) {
        continue;
      }
      const std::string name = file->substr(file->rfind('/') + 1);
      const auto version = name.find(".so.");
      return version == std::string::npos
                 ? formatted("HIP {} ({})", major, name)
                 : formatted("HIP {} ({})", name.substr(version + 4), folder);
    }
  }
  return {};
}

}  // namespace rocmfix::detail
