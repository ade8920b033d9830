// SPDX-License-Identifier: MIT
// Short names for the integers of instructions: their semantics are a table of one-line functions.
#pragma once

#include <cstdint>

namespace rocmfix::sim::isa {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

}  // namespace rocmfix::sim::isa
