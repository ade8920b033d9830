// SPDX-License-Identifier: MIT
// What a Driver's facts mean. Apart from driver.cpp, so that a launcher that judges a machine does
// not load libkmod with it.
#include "rocmfix/driver.hpp"

namespace rocmfix {

bool Driver::rocmfix_installed() const {
  return installed && installed->rocmfix;
}

bool Driver::rocmfix_active() const {
  if (!loaded) {
    return false;
  }
  const auto parameter = loaded->parameters.find("rocmfix");
  return parameter != loaded->parameters.end() && !parameter->second.empty() &&
         parameter->second != "0" && parameter->second != "N";
}

}  // namespace rocmfix
