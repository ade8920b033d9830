// SPDX-License-Identifier: MIT
// What a Driver's facts mean. Apart from driver.cpp, so that a launcher that judges a machine does
// not bring the reading of modules with it.
#include "rocmfix/driver.hpp"

#include "util/formatted.hpp"

namespace rocmfix {

namespace {

bool is_switched_on(const LoadedModule& module) {
  const auto parameter = module.parameters.find("rocmfix");
  return parameter != module.parameters.end() && !parameter->second.empty() &&
         parameter->second != "0" && parameter->second != "N";
}

}  // namespace

const char* to_string(Variant variant) {
  return variant == Variant::module ? "module" : "livepatch";
}

std::optional<Variant> Driver::variant() const {
  if (patched()) {
    return Variant::module;
  }
  return livepatch.installed ? std::optional(Variant::livepatch) : std::nullopt;
}

bool Driver::patched() const {
  return installed && installed->rocmfix;
}

bool Driver::rocmfix_active() const {
  return (loaded && is_switched_on(*loaded)) || livepatch.in_force();
}

std::string describe_loaded(const Driver& driver) {
  constexpr std::string_view unknown = "unknown";
  if (!driver.loaded) {
    return "no";
  }
  const auto& parameters = driver.loaded->parameters;
  const std::optional<std::string>& version = driver.loaded->version;
  if (!parameters.contains("rocmfix")) {
    return version ? formatted("version {}", *version) : "stock";
  }
  return formatted("rocmfix {}, {}", version.value_or(std::string(unknown)),
                   driver.rocmfix_active() ? "active" : "switched off (amdgpu.rocmfix=0)");
}

}  // namespace rocmfix
