// SPDX-License-Identifier: MIT
// What a Driver's facts mean. Apart from driver.cpp, so that a launcher that judges a machine does
// not load libkmod with it.
#include "rocmfix/driver.hpp"

namespace rocmfix {

namespace {

bool is_switched_on(const LoadedModule& module) {
  const auto parameter = module.parameters.find("rocmfix");
  return parameter != module.parameters.end() && !parameter->second.empty() &&
         parameter->second != "0" && parameter->second != "N";
}

}  // namespace

bool Livepatch::in_force() const {
  return loaded && is_switched_on(*loaded) && enabled && !in_transition;
}

bool Livepatch::switched_off() const {
  return loaded && loaded->parameters.contains("rocmfix") && !is_switched_on(*loaded);
}

const char* to_string(Carrier carrier) {
  return carrier == Carrier::module ? "module" : "livepatch";
}

std::optional<Carrier> Driver::carrier() const {
  if (patched()) {
    return Carrier::module;
  }
  return livepatch.installed ? std::optional(Carrier::livepatch) : std::nullopt;
}

bool Driver::patched() const {
  return installed && installed->rocmfix;
}

bool Driver::rocmfix_active() const {
  return (loaded && is_switched_on(*loaded)) || livepatch.in_force();
}

}  // namespace rocmfix
