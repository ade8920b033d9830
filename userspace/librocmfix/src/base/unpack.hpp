// SPDX-License-Identifier: MIT
// Unpacks what modules_install and DKMS pack a kernel module with: xz, zstd, gzip.
//
// The file is foreign, so what comes out is limited, by its own size and by what went in, and so is
// the memory that a stream may ask for. Never runs a program.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

enum class Packing : std::uint8_t { none, gzip, xz, zstd };

/// By the magic bytes, of which six are enough.
Packing packing_of(std::string_view first_bytes);

/// False: no more, please. unpack() then ends with an error of code `failed`.
using UnpackSink = std::function<bool(std::string_view)>;

/// What a file of `packed` bytes may become: an unstripped amdgpu.ko has about 350 MB, and modules
/// pack to an eighth. Code of a kernel does not pack to a sixty-fourth; zeros do, to a
/// seven-thousandth.
std::uint64_t most_unpacked(std::uint64_t packed);

/// Errors: io; invalid when truncated or damaged; refused when it becomes larger than
/// most_unpacked(), or asks for too much memory; failed when the library for it is not installed.
Result<void> unpack(const RegularFile& file, Packing packing, const UnpackSink& sink);

}  // namespace rocmfix::detail
