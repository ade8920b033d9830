// SPDX-License-Identifier: MIT
#include "software/miopen_names.hpp"

#include <algorithm>
#include <set>

#include "base/elf64.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::string_view prefix_of_names = "MIOPEN_DEBUG_";
constexpr std::size_t chunk = 1U << 20U;
constexpr std::size_t longest = 128;
constexpr std::size_t most_names = 4096;
// Kernels in text form and tables are among the constants: some ten MB.
constexpr std::uint64_t most_bytes = 256U << 20U;

bool is_part(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `bytes` are those at `offset` of the file. A name ends its constant: within a message it is
/// text, and MIOpen's messages spell some of them wrongly.
void collect(const RegularFile& file, std::uint64_t offset, std::string_view bytes,
             std::string_view prefix, std::set<std::string>& names) {
  for (auto at = bytes.find(prefix); at != std::string_view::npos && names.size() < most_names;
       at = bytes.find(prefix, at + prefix.size())) {
    const std::string_view rest = bytes.substr(at, longest);
    const auto* const end = std::find_if_not(rest.begin(), rest.end(), is_part);
    if (end != rest.end() && *end == '\0') {
      const std::string& name = *names.emplace(rest.begin(), end).first;
      file.note(offset + at, name);
    }
  }
}

}  // namespace

Result<std::vector<std::string>> constants_with_prefix(const RegularFile& file,
                                                       std::string_view prefix) {
  const auto header = read_elf_header(file);
  if (!header) {
    return fail(header.error());
  }
  const auto sections = read_elf_sections(file, *header);
  if (!sections) {
    return fail(sections.error());
  }
  std::set<std::string> names;
  std::uint64_t left = most_bytes;
  for (const ElfSection& section : *sections) {
    if (!section.name.starts_with(".rodata")) {
      continue;
    }
    // Pieces overlap, so that no word is cut.
    for (std::uint64_t at = 0; at < section.size && left > 0; at += chunk) {
      const auto size = std::min<std::uint64_t>(chunk + longest, section.size - at);
      const auto bytes = file.scan(section.offset + at, size);
      if (!bytes) {
        return fail(bytes.error());
      }
      collect(file, section.offset + at, *bytes, prefix, names);
      left -= std::min(left, size);
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

MiopenLibrary read_miopen(Lookup& lookup, const std::string& path) {
  MiopenLibrary library{path, {}, {}};
  const Environment& environment = lookup.environment();
  const auto first = environment.lower_bound(prefix_of_names);
  if (first == environment.end() || !first->first.starts_with(prefix_of_names)) {
    return library;
  }
  const auto file = lookup.open(path);
  auto names = file ? constants_with_prefix(*file, prefix_of_names) : fail(file.error());
  if (names) {
    library.names = std::move(*names);
  } else {
    library.trouble = to_string(names.error());
  }
  return library;
}

}  // namespace rocmfix::detail
