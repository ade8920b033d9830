// SPDX-License-Identifier: MIT
#include "base/archive_library.hpp"

#include <dlfcn.h>

#include <optional>

#include "base/library_symbol.hpp"

namespace rocmfix::detail {
namespace {

// The ABI that archive.h, which the pointers are typed by, belongs to.
constexpr const char* soname = "libarchive.so.13";
static_assert(ARCHIVE_VERSION_NUMBER >= 3000000 && ARCHIVE_VERSION_NUMBER < 4000000);

std::optional<ArchiveLibrary> load() {
  // Never closed: its functions are in use until the process ends.
  void* const library = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return std::nullopt;
  }
  ArchiveLibrary it{};
  bool found = true;
#define ROCMFIX_FIND(name) found = find_symbol(library, #name, it.name) && found
  ROCMFIX_FIND(archive_entry_filetype);
  ROCMFIX_FIND(archive_entry_free);
  ROCMFIX_FIND(archive_entry_hardlink);
  ROCMFIX_FIND(archive_entry_new);
  ROCMFIX_FIND(archive_entry_pathname);
  ROCMFIX_FIND(archive_entry_perm);
  ROCMFIX_FIND(archive_entry_set_filetype);
  ROCMFIX_FIND(archive_entry_set_pathname);
  ROCMFIX_FIND(archive_entry_set_perm);
  ROCMFIX_FIND(archive_entry_set_size);
  ROCMFIX_FIND(archive_entry_set_symlink);
  ROCMFIX_FIND(archive_entry_size);
  ROCMFIX_FIND(archive_entry_sparse_add_entry);
  ROCMFIX_FIND(archive_entry_symlink);
  ROCMFIX_FIND(archive_filter_bytes);
  ROCMFIX_FIND(archive_read_append_filter);
  ROCMFIX_FIND(archive_read_data);
  ROCMFIX_FIND(archive_read_data_block);
  ROCMFIX_FIND(archive_read_free);
  ROCMFIX_FIND(archive_read_new);
  ROCMFIX_FIND(archive_read_next_header);
  ROCMFIX_FIND(archive_read_open);
  ROCMFIX_FIND(archive_read_support_filter_bzip2);
  ROCMFIX_FIND(archive_read_support_filter_gzip);
  ROCMFIX_FIND(archive_read_support_filter_lz4);
  ROCMFIX_FIND(archive_read_support_filter_lzma);
  ROCMFIX_FIND(archive_read_support_filter_xz);
  ROCMFIX_FIND(archive_read_support_filter_zstd);
  ROCMFIX_FIND(archive_read_support_format_raw);
  ROCMFIX_FIND(archive_read_support_format_tar);
  ROCMFIX_FIND(archive_set_error);
  ROCMFIX_FIND(archive_write_add_filter_zstd);
  ROCMFIX_FIND(archive_write_close);
  ROCMFIX_FIND(archive_write_data);
  ROCMFIX_FIND(archive_write_free);
  ROCMFIX_FIND(archive_write_header);
  ROCMFIX_FIND(archive_write_new);
  ROCMFIX_FIND(archive_write_open);
  ROCMFIX_FIND(archive_write_set_bytes_in_last_block);
  ROCMFIX_FIND(archive_write_set_format_pax_restricted);
#undef ROCMFIX_FIND
  return found ? std::optional(it) : std::nullopt;
}

}  // namespace

const ArchiveLibrary* ArchiveLibrary::get() {
  static const std::optional<ArchiveLibrary> library = load();
  return library ? &*library : nullptr;
}

}  // namespace rocmfix::detail
