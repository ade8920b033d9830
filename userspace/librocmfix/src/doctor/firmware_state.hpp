// SPDX-License-Identifier: MIT
// A GPU's MEC firmware as three checks see it: what runs, what is installed, what KFD would need
// without PCIe atomics, and where a newer one comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "doctor/check.hpp"

namespace rocmfix::detail {

struct FirmwareState {
  std::string file;  ///< "amdgpu/navi10_mec.bin"; empty: which one is not known
  std::optional<std::uint32_t> loaded;
  std::string path;  ///< where `file` is installed; empty: nowhere
  std::optional<std::uint32_t> installed;
  std::optional<Error> damaged;         ///< why `installed` is not known although `path` is
  std::optional<std::uint64_t> needed;  ///< without PCIe atomics
  std::string file_source;              ///< of firmware.toml
  std::string needed_source;
  /// KFD would leave out the GPU in a slot without atomics.
  [[nodiscard]] bool too_old() const { return loaded && needed && *loaded < *needed; }
};

FirmwareState firmware_state(const Subject& subject, const Gpu& gpu);

/// What to do about a firmware that is missing or too old, into a finding's remedy and command.
/// With a file installed that is new enough, that is to load it.
void add_firmware_remedy(const Subject& subject, const FirmwareState& state, Finding& finding);

}  // namespace rocmfix::detail
