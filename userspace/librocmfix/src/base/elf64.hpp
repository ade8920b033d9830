// SPDX-License-Identifier: MIT
// The header and the sections of an ELF64 little-endian file.
//
// Refuses: any other class or byte order, and to find sections in a file without section headers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

struct ElfHeader {
  std::uint16_t machine = 0;
  std::uint8_t os_abi = 0;
  std::uint32_t flags = 0;
  std::uint64_t sections_at = 0;
  std::uint16_t section_size = 0;  ///< of a section's header
  std::uint16_t section_count = 0;
  std::uint16_t names_index = 0;
};

struct ElfSection {
  std::string name;  ///< its first 64 characters
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< within the file: 0 for SHT_NOBITS
};

bool is_elf(std::string_view first_bytes);

/// Errors: io; invalid.
Result<ElfHeader> read_elf_header(const RegularFile& file);

/// Errors: io; invalid when malformed, or when one reaches beyond the end of the file.
Result<std::vector<ElfSection>> read_elf_sections(const RegularFile& file, const ElfHeader& header);

}  // namespace rocmfix::detail
