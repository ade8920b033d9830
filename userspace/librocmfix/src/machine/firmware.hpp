// SPDX-License-Identifier: MIT
// The version of a GPU's MEC firmware: the one that runs, and the one in the file that amdgpu would
// load now. Refuses to read the initramfs, whose copy may be older than either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// Of the GPU whose sysfs directory this is. From what the driver remembers, so a suspended GPU
/// sleeps on. nullopt: no amdgpu, or one that does not say.
std::optional<std::uint32_t> read_loaded_mec(const Root& root, const std::string& directory);

/// Where the kernel's firmware loader finds `name` ("amdgpu/navi10_mec.bin"): the path with its
/// ending (none, .zst, .xz), in the loader's order, firmware_class.path first. `release`: of the
/// running kernel, may be empty. nullopt: nowhere.
std::optional<std::string> find_firmware(const Root& root, std::string_view name,
                                         std::string_view release);

/// `ucode_version` of the file's common_firmware_header. Errors: io; invalid when it is not such a
/// file, or is truncated: amdgpu would refuse it, too; those of unpack().
Result<std::uint32_t> read_firmware_version(const Root& root, const std::string& path);

}  // namespace rocmfix::detail
