// SPDX-License-Identifier: MIT
#include "base/elf64.hpp"

#include <elf.h>

#include <cstring>

namespace rocmfix::detail {
namespace {

// A linked library has some 40; an unlinked object file of many functions may have more.
constexpr std::uint64_t most_sections = 65536;
constexpr std::uint64_t most_name_bytes = 4U << 20U;
// Names may overlap in the table, so that a hostile one could be as long as it a thousand times.
constexpr std::size_t longest_name = 64;

// The host of a HIP program is little-endian, and elf.h's structures have no padding.
template <class Header>
Header header_at(std::string_view bytes) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

bool fits(const RegularFile& file, const Elf64_Shdr& header) {
  return header.sh_offset <= file.size() && header.sh_size <= file.size() - header.sh_offset;
}

Result<std::vector<Elf64_Shdr>> read_headers(const RegularFile& file, const ElfHeader& elf) {
  if (elf.sections_at == 0) {
    return fail(file.malformed("it has no section headers"));
  }
  if (elf.section_size != sizeof(Elf64_Shdr)) {
    return fail(file.malformed("section headers of an unknown size"));
  }
  std::uint64_t count = elf.section_count;
  if (count == 0) {  // more than e_shnum can hold: the first header has the number
    const auto first = file.read(elf.sections_at, sizeof(Elf64_Shdr));
    if (!first) {
      return fail(first.error());
    }
    count = header_at<Elf64_Shdr>(*first).sh_size;
  }
  if (count == 0 || count > most_sections) {
    return fail(file.malformed("no or too many sections"));
  }
  const auto bytes = file.read(elf.sections_at, count * sizeof(Elf64_Shdr));
  if (!bytes) {
    return fail(bytes.error());
  }
  std::vector<Elf64_Shdr> headers(count);
  std::memcpy(headers.data(), bytes->data(), bytes->size());
  return headers;
}

Result<std::string> read_names(const RegularFile& file, const ElfHeader& elf,
                               const std::vector<Elf64_Shdr>& headers) {
  const std::uint64_t index = elf.names_index == SHN_XINDEX ? headers[0].sh_link : elf.names_index;
  if (index >= headers.size() || headers[index].sh_type == SHT_NOBITS) {
    return fail(file.malformed("no table of section names"));
  }
  const Elf64_Shdr& names = headers[index];
  if (names.sh_size > most_name_bytes) {
    return fail(file.malformed("the table of section names is too large"));
  }
  return file.read(names.sh_offset, names.sh_size);
}

}  // namespace

bool is_elf(std::string_view first_bytes) {
  return first_bytes.starts_with(std::string_view(ELFMAG, SELFMAG));
}

Result<ElfHeader> read_elf_header(const RegularFile& file) {
  const auto bytes = file.read(0, sizeof(Elf64_Ehdr));
  if (!bytes) {
    return fail(bytes.error());
  }
  const auto raw = header_at<Elf64_Ehdr>(*bytes);
  if (!is_elf(*bytes) || raw.e_ident[EI_CLASS] != ELFCLASS64 ||
      raw.e_ident[EI_DATA] != ELFDATA2LSB) {
    return fail(file.malformed("not an ELF64 little-endian file"));
  }
  return ElfHeader{raw.e_machine,   raw.e_ident[EI_OSABI], raw.e_flags,   raw.e_shoff,
                   raw.e_shentsize, raw.e_shnum,           raw.e_shstrndx};
}

Result<std::vector<ElfSection>> read_elf_sections(const RegularFile& file,
                                                  const ElfHeader& header) {
  const auto headers = read_headers(file, header);
  if (!headers) {
    return fail(headers.error());
  }
  const auto names = read_names(file, header, *headers);
  if (!names) {
    return fail(names.error());
  }
  std::vector<ElfSection> sections;
  for (const Elf64_Shdr& section : *headers) {
    if (section.sh_name >= names->size()) {
      return fail(file.malformed("a section whose name is outside of the table"));
    }
    const std::string_view name = std::string_view(*names).substr(section.sh_name, longest_name);
    const bool in_file = section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL;
    if (in_file && !fits(file, section)) {
      return fail(file.malformed("truncated: a section reaches beyond its end"));
    }
    sections.push_back({std::string(name.substr(0, name.find('\0'))), section.sh_offset,
                        in_file ? section.sh_size : 0});
  }
  return sections;
}

}  // namespace rocmfix::detail
