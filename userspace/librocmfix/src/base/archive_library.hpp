// SPDX-License-Identifier: MIT
// libarchive, opened when a packed initramfs or a report is first read or written and not at
// program start: it brings libxml2 and ICU, and only `verify` and reports need it.
//
// Thread-safety: get() may be called from several threads.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace rocmfix::detail {

/// The functions that are used, each under its own name.
struct ArchiveLibrary {
  decltype(&::archive_entry_filetype) archive_entry_filetype;
  decltype(&::archive_entry_free) archive_entry_free;
  decltype(&::archive_entry_hardlink) archive_entry_hardlink;
  decltype(&::archive_entry_new) archive_entry_new;
  decltype(&::archive_entry_pathname) archive_entry_pathname;
  decltype(&::archive_entry_perm) archive_entry_perm;
  decltype(&::archive_entry_set_filetype) archive_entry_set_filetype;
  decltype(&::archive_entry_set_pathname) archive_entry_set_pathname;
  decltype(&::archive_entry_set_perm) archive_entry_set_perm;
  decltype(&::archive_entry_set_size) archive_entry_set_size;
  decltype(&::archive_entry_set_symlink) archive_entry_set_symlink;
  decltype(&::archive_entry_size) archive_entry_size;
  decltype(&::archive_entry_sparse_add_entry) archive_entry_sparse_add_entry;
  decltype(&::archive_entry_symlink) archive_entry_symlink;
  decltype(&::archive_filter_bytes) archive_filter_bytes;
  decltype(&::archive_read_append_filter) archive_read_append_filter;
  decltype(&::archive_read_data) archive_read_data;
  decltype(&::archive_read_data_block) archive_read_data_block;
  decltype(&::archive_read_free) archive_read_free;
  decltype(&::archive_read_new) archive_read_new;
  decltype(&::archive_read_next_header) archive_read_next_header;
  decltype(&::archive_read_open) archive_read_open;
  decltype(&::archive_read_support_filter_bzip2) archive_read_support_filter_bzip2;
  decltype(&::archive_read_support_filter_gzip) archive_read_support_filter_gzip;
  decltype(&::archive_read_support_filter_lz4) archive_read_support_filter_lz4;
  decltype(&::archive_read_support_filter_lzma) archive_read_support_filter_lzma;
  decltype(&::archive_read_support_filter_xz) archive_read_support_filter_xz;
  decltype(&::archive_read_support_filter_zstd) archive_read_support_filter_zstd;
  decltype(&::archive_read_support_format_raw) archive_read_support_format_raw;
  decltype(&::archive_read_support_format_tar) archive_read_support_format_tar;
  decltype(&::archive_set_error) archive_set_error;
  decltype(&::archive_write_add_filter_zstd) archive_write_add_filter_zstd;
  decltype(&::archive_write_close) archive_write_close;
  decltype(&::archive_write_data) archive_write_data;
  decltype(&::archive_write_free) archive_write_free;
  decltype(&::archive_write_header) archive_write_header;
  decltype(&::archive_write_new) archive_write_new;
  decltype(&::archive_write_open) archive_write_open;
  decltype(&::archive_write_set_bytes_in_last_block) archive_write_set_bytes_in_last_block;
  decltype(&::archive_write_set_format_pax_restricted) archive_write_set_format_pax_restricted;

  /// nullptr when libarchive is not installed or lacks one of them.
  static const ArchiveLibrary* get();

  using Reader = std::unique_ptr<archive, decltype(&::archive_read_free)>;
  /// A reader that frees itself; empty when out of memory.
  [[nodiscard]] Reader make_reader() const { return {archive_read_new(), archive_read_free}; }
};

}  // namespace rocmfix::detail
