// SPDX-License-Identifier: MIT
// How deep a MessagePack value is nested, found without recursion: the JSON library's reader has a
// stack frame a level, and what it is to read comes from a file that others made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rocmfix::sim {

/// 0 for a number or a string. What is cut off, or no MessagePack, counts as far as it goes.
unsigned message_pack_depth(const char* bytes, std::size_t size);

}  // namespace rocmfix::sim
