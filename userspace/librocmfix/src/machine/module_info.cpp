// SPDX-License-Identifier: MIT
#include "machine/module_info.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/elf64.hpp"
#include "base/unpack.hpp"

namespace rocmfix::detail {
namespace {

// amdgpu's has 43 KB.
constexpr std::uint64_t largest_section = 1U << 20U;
constexpr std::size_t magic_size = 6;

}  // namespace

Result<RegularFile> unpacked_module(RegularFile file) {
  const auto magic =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(magic_size, file.size())));
  if (!magic) {
    return fail(magic.error());
  }
  const Packing packing = packing_of(*magic);
  if (packing == Packing::none) {
    return file;
  }
  FileDescriptor memory(::memfd_create("module.ko", MFD_CLOEXEC));
  if (!memory) {
    return fail(io_error("cannot unpack " + file.name(), errno));
  }
  const auto keep = [&](std::string_view bytes) { return write_all(memory.get(), bytes); };
  if (auto done = unpack(file, packing, keep); !done) {
    return fail(std::move(done.error()));
  }
  return RegularFile::adopt(std::move(memory), file.name());
}

Result<std::string> read_modinfo(const RegularFile& module) {
  const auto header = read_elf_header(module);
  if (!header) {
    return fail(header.error());
  }
  const auto sections = read_elf_sections(module, *header);
  if (!sections) {
    return fail(sections.error());
  }
  const auto found =
      std::find_if(sections->begin(), sections->end(),
                   [](const ElfSection& section) { return section.name == ".modinfo"; });
  if (found == sections->end() || found->size == 0) {
    return fail(module.malformed("not a kernel module: it has no .modinfo"));
  }
  if (found->size > largest_section) {
    return fail(module.malformed("its .modinfo is too large"));
  }
  return module.read(found->offset, static_cast<std::size_t>(found->size));
}

bool next_modinfo(std::string_view& section, std::string_view& key, std::string_view& value) {
  // The linker aligns with NULs.
  section.remove_prefix(std::min(section.find_first_not_of('\0'), section.size()));
  if (section.empty()) {
    return false;
  }
  const std::string_view entry = section.substr(0, section.find('\0'));
  section.remove_prefix(entry.size());
  key = entry.substr(0, entry.find('='));
  value = entry.substr(std::min(key.size() + 1, entry.size()));
  return true;
}

}  // namespace rocmfix::detail
