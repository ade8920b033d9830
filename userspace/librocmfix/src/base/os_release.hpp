// SPDX-License-Identifier: MIT
// Which distribution a root is, by os-release(5), which is read and never executed.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct OsRelease {
  std::string name;     ///< PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)"; empty: unknown
  std::string id;       ///< "debian"; empty: unknown
  std::string id_like;  ///< "ubuntu debian"
  std::string version;  ///< "13"; empty for a rolling one, and for Debian's testing and sid
  /// It is of this family: "debian" holds for Ubuntu and Mint.
  [[nodiscard]] bool is_like(std::string_view family) const;
};

OsRelease read_os_release(const Root& root);

}  // namespace rocmfix::detail
