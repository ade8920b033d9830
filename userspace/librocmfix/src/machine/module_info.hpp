// SPDX-License-Identifier: MIT
// A kernel module's file, packed (.xz, .zst, .gz) or not, and its .modinfo section: what modinfo(8)
// prints.
//
// The file may be damaged, or made to harm whoever reads it, root among them: only a regular file
// is read, what it may unpack to is limited, and each offset is checked. libkmod 30 ends the
// process on some damaged modules, and unpacks a crafted megabyte into all of the memory.
#pragma once

#include <string>
#include <string_view>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

/// The ELF file: `file` itself, or what it unpacks to, in memory. Errors: as unpack().
Result<RegularFile> unpacked_module(RegularFile file);

/// Its .modinfo section. Errors: io; invalid when it is no ELF64 file or has no such section.
Result<std::string> read_modinfo(const RegularFile& module);

/// The next "KEY=VALUE" of the section, or a key alone. False: no more.
bool next_modinfo(std::string_view& section, std::string_view& key, std::string_view& value);

}  // namespace rocmfix::detail
