// SPDX-License-Identifier: MIT
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/archive_library.hpp"
#include "report/report_archive.hpp"
#include "rocmfix/install_hint.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t zeros = 1U << 20U;

la_ssize_t give(archive* writer, void* sink, const void* bytes, std::size_t size) {
  if ((*static_cast<const ByteSink*>(sink))({static_cast<const char*>(bytes), size})) {
    return static_cast<la_ssize_t>(size);
  }
  ArchiveLibrary::get()->archive_set_error(writer, EIO, "write error");
  return -1;
}

class Packer {
 public:
  Packer(const ArchiveLibrary& library, archive* writer) : library_(library), writer_(writer) {}

  bool add(const std::string& path, const TreeEntry& entry);

 private:
  /// Sparse files have their holes left out; libarchive takes them as zeros.
  bool write_parts(const TreeEntry& entry);
  bool write(std::string_view bytes) {
    return library_.archive_write_data(writer_, bytes.data(), bytes.size()) ==
           static_cast<la_ssize_t>(bytes.size());
  }

  const ArchiveLibrary& library_;
  archive* writer_;
};

bool Packer::add(const std::string& path, const TreeEntry& entry) {
  const std::unique_ptr<archive_entry, decltype(library_.archive_entry_free)> header(
      library_.archive_entry_new(), library_.archive_entry_free);
  if (!header) {
    return false;
  }
  library_.archive_entry_set_pathname(header.get(), path.c_str() + 1);
  library_.archive_entry_set_perm(header.get(), entry.permissions & 0755U);
  switch (entry.kind) {
    case TreeEntry::Kind::folder:
      library_.archive_entry_set_filetype(header.get(), AE_IFDIR);
      library_.archive_entry_set_perm(header.get(), 0755);
      break;
    case TreeEntry::Kind::link:
      library_.archive_entry_set_filetype(header.get(), AE_IFLNK);
      library_.archive_entry_set_symlink(header.get(), entry.target.c_str());
      break;
    case TreeEntry::Kind::file:
      library_.archive_entry_set_filetype(header.get(), AE_IFREG);
      library_.archive_entry_set_perm(header.get(), (entry.permissions & 0755U) | 0600U);
      library_.archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.size));
      if (!entry.whole()) {
        for (const auto& [offset, bytes] : entry.parts) {
          library_.archive_entry_sparse_add_entry(header.get(), static_cast<la_int64_t>(offset),
                                                  static_cast<la_int64_t>(bytes.size()));
        }
        if (entry.parts.empty()) {
          library_.archive_entry_sparse_add_entry(header.get(), 0, 0);
        }
      }
      break;
  }
  return library_.archive_write_header(writer_, header.get()) == ARCHIVE_OK &&
         (entry.kind != TreeEntry::Kind::file || write_parts(entry));
}

bool Packer::write_parts(const TreeEntry& entry) {
  static const std::string hole(zeros, '\0');
  std::uint64_t at = 0;
  const auto skip_to = [&](std::uint64_t end) {
    while (at < end) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, hole.size()));
      if (!write(std::string_view(hole).substr(0, size))) {
        return false;
      }
      at += size;
    }
    return true;
  };
  for (const auto& [offset, bytes] : entry.parts) {
    if (!skip_to(offset) || !write(bytes)) {
      return false;
    }
    at += bytes.size();
  }
  return skip_to(entry.size);
}

}  // namespace

Result<void> pack_report(const ReportTree& tree, const ByteSink& sink) {
  const ArchiveLibrary* const library = ArchiveLibrary::get();
  if (library == nullptr) {
    return fail({ErrorCode::failed,
                 "libarchive, which is needed to write a report, is not installed", 0,
                 install_hint("libarchive")});
  }
  const std::unique_ptr<archive, decltype(library->archive_write_free)> writer(
      library->archive_write_new(), library->archive_write_free);
  if (!writer || library->archive_write_set_format_pax_restricted(writer.get()) != ARCHIVE_OK ||
      library->archive_write_add_filter_zstd(writer.get()) != ARCHIVE_OK ||
      // No zeros after the end, as on a tape.
      library->archive_write_set_bytes_in_last_block(writer.get(), 1) != ARCHIVE_OK ||
      library->archive_write_open(writer.get(), const_cast<ByteSink*>(&sink), nullptr, give,
                                  nullptr) != ARCHIVE_OK) {
    return fail({ErrorCode::failed, "this libarchive cannot write .tar.zst files", 0,
                 "rocmfix report --text writes a text"});
  }
  Packer packer(*library, writer.get());
  bool good = true;
  for (const auto& [path, entry] : tree) {
    good = good && packer.add(path, entry);
  }
  if (!good || library->archive_write_close(writer.get()) != ARCHIVE_OK) {
    return fail(io_error("cannot write the report", EIO));
  }
  return {};
}

}  // namespace rocmfix::detail
