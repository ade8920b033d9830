// SPDX-License-Identifier: MIT
// By the program headers, as the loader does it: section headers may be missing or lie.
#include "software/elf_dynamic.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace rocmfix::detail {
namespace {

constexpr std::size_t most_headers = 128;
constexpr std::size_t most_entries = 4096;
constexpr std::size_t longest_string = 4096;

template <class Header>
std::vector<Header> headers_in(std::string_view bytes) {
  std::vector<Header> headers(bytes.size() / sizeof(Header));
  if (!headers.empty()) {  // memcpy() takes no null pointer, not even for nothing
    std::memcpy(headers.data(), bytes.data(), headers.size() * sizeof(Header));
  }
  return headers;
}

/// Where the loader would map the address from.
std::optional<std::uint64_t> offset_of(const std::vector<Elf64_Phdr>& headers,
                                       std::uint64_t address) {
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type == PT_LOAD && address >= header.p_vaddr &&
        address - header.p_vaddr < header.p_filesz) {
      return header.p_offset + (address - header.p_vaddr);
    }
  }
  return std::nullopt;
}

/// The string at `offset`; nullopt when it does not end in time.
std::optional<std::string> string_at(const RegularFile& file, std::uint64_t offset) {
  if (offset >= file.size()) {
    return std::nullopt;
  }
  for (std::size_t length = 128; length <= longest_string; length *= 4) {
    const auto bytes = file.read(offset, std::min<std::uint64_t>(length, file.size() - offset));
    const auto end = bytes ? bytes->find('\0') : std::string::npos;
    if (end != std::string::npos) {
      return bytes->substr(0, end);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<ElfDynamic> read_dynamic(const RegularFile& file) {
  const auto first = file.read(0, std::min<std::uint64_t>(file.size(), sizeof(Elf64_Ehdr)));
  if (!first) {
    return fail(first.error());
  }
  Elf64_Ehdr elf{};
  std::memcpy(&elf, first->data(), first->size());
  if (first->size() < sizeof elf || std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_ident[EI_DATA] != ELFDATA2LSB ||
      elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phnum > most_headers) {
    return fail(file.malformed("not a 64-bit program or library"));
  }
  const auto bytes = file.read(elf.e_phoff, elf.e_phnum * sizeof(Elf64_Phdr));
  if (!bytes) {
    return fail(bytes.error());
  }
  const auto headers = headers_in<Elf64_Phdr>(*bytes);
  ElfDynamic dynamic;
  dynamic.machine = elf.e_machine;
  const auto table = std::find_if(headers.begin(), headers.end(), [](const Elf64_Phdr& header) {
    return header.p_type == PT_DYNAMIC;
  });
  if (table == headers.end()) {
    return dynamic;
  }
  const auto rows = file.read(
      table->p_offset, std::min<std::uint64_t>(table->p_filesz, most_entries * sizeof(Elf64_Dyn)));
  if (!rows) {
    return fail(rows.error());
  }
  auto entries = headers_in<Elf64_Dyn>(*rows);
  const auto last = std::find_if(entries.begin(), entries.end(),
                                 [](const Elf64_Dyn& entry) { return entry.d_tag == DT_NULL; });
  entries.erase(last, entries.end());
  const auto strings = std::find_if(entries.begin(), entries.end(), [](const Elf64_Dyn& entry) {
    return entry.d_tag == DT_STRTAB;
  });
  const auto names =
      strings == entries.end() ? std::nullopt : offset_of(headers, strings->d_un.d_ptr);
  for (const Elf64_Dyn& entry : entries) {
    const bool wanted = entry.d_tag == DT_NEEDED || entry.d_tag == DT_RPATH ||
                        entry.d_tag == DT_RUNPATH || entry.d_tag == DT_SONAME;
    const auto text = wanted && names ? string_at(file, *names + entry.d_un.d_val) : std::nullopt;
    if (wanted && !text) {
      return fail(file.malformed("a name that the dynamic loader would not find"));
    }
    if (entry.d_tag == DT_NEEDED) {
      dynamic.needed.push_back(*text);
    } else if (entry.d_tag == DT_SONAME) {
      dynamic.soname = *text;
    } else if (wanted) {
      (entry.d_tag == DT_RPATH ? dynamic.rpath : dynamic.runpath) = *text;
    }
  }
  return dynamic;
}

}  // namespace rocmfix::detail
