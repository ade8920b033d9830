// SPDX-License-Identifier: MIT
// libarchive, opened when a packed initramfs is first read and not at program start:
// it brings libxml2 and ICU, and only `verify` needs it.
//
// Thread-safety: get() may be called from several threads.
#pragma once

#include <archive.h>

#include <memory>

namespace rocmfix::detail {

/// The functions that are used, each under its own name.
struct ArchiveLibrary {
  decltype(&::archive_read_append_filter) archive_read_append_filter;
  decltype(&::archive_read_data) archive_read_data;
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
  decltype(&::archive_set_error) archive_set_error;

  /// nullptr when libarchive is not installed or lacks one of them.
  static const ArchiveLibrary* get();

  using Reader = std::unique_ptr<archive, decltype(&::archive_read_free)>;
  /// A reader that frees itself; empty when out of memory.
  [[nodiscard]] Reader make_reader() const { return {archive_read_new(), archive_read_free}; }
};

}  // namespace rocmfix::detail
