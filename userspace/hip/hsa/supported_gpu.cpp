// SPDX-License-Identifier: MIT
#include "hsa/supported_gpu.hpp"

namespace rocmfix::hip {

namespace {

/// "gfx101" or "gfx103" and one hexadecimal digit more.
bool is_supported_name(std::string_view name) {
  if (name.size() != 7 || (!name.starts_with("gfx101") && !name.starts_with("gfx103"))) {
    return false;
  }
  const char stepping = name.back();
  return (stepping >= '0' && stepping <= '9') || (stepping >= 'a' && stepping <= 'f');
}

}  // namespace

bool is_supported_gpu(std::string_view name, uint32_t kernel_version) {
  const uint32_t family = kernel_version / 100;  // major * 100 + minor
  return is_supported_name(name) && (kernel_version == 0 || family == 1001 || family == 1003);
}

uint32_t gfx_version_of_node(std::string_view properties) {
  constexpr std::string_view key = "gfx_target_version ";
  size_t at = properties.find(key);
  // At the beginning of a line only.
  while (at != std::string_view::npos && at != 0 && properties[at - 1] != '\n') {
    at = properties.find(key, at + 1);
  }
  if (at == std::string_view::npos) {
    return 0;
  }
  uint32_t value = 0;
  properties.remove_prefix(at + key.size());
  for (const char c : properties) {
    if (c < '0' || c > '9') {
      break;
    }
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value;
}

}  // namespace rocmfix::hip
