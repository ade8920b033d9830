// SPDX-License-Identifier: MIT
#include "util/formatted.hpp"

namespace rocmfix {

std::string format_arguments(fmt::string_view text, fmt::format_args arguments) {
  return fmt::vformat(text, arguments);
}

}  // namespace rocmfix
