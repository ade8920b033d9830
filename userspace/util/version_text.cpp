// SPDX-License-Identifier: MIT
#include "util/version_text.hpp"

#include <filesystem>
#include <system_error>

namespace rocmfix {

std::string version_text(std::string_view program) {
  std::string text = std::string(program) + " " ROCMFIX_VERSION;
#ifdef ROCMFIX_WHEEL
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  text += ", Python wheel in " + self.parent_path().parent_path().string();
#endif
  return text;
}

}  // namespace rocmfix
