// SPDX-License-Identifier: MIT
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/archive_library.hpp"
#include "report/new_folder.hpp"
#include "report/report_archive.hpp"
#include "rocmfix/install_hint.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t piece = 1U << 16U;
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd"sv;

class Unpacker {
 public:
  Unpacker(int fd, const std::string& name, NewFolder folder, const UnpackLimits& limits)
      : fd_(fd),
        name_(name),
        folder_(std::move(folder)),
        limits_(limits),
        library_(*ArchiveLibrary::get()) {}

  Result<void> run();

 private:
  [[nodiscard]] Error no_report(std::string_view what) const {
    return {ErrorCode::invalid, formatted("{} is no report of rocmfix: {}", name_, what), 0,
            "a report is a .tar.zst file that `rocmfix report` wrote"};
  }
  /// A name below the folder, as it is to be made; the error says what is wrong with it.
  Result<std::string> checked_name(const char* given) const;
  Result<void> take(archive* reader, archive_entry* entry);
  Result<void> make_file(archive* reader, archive_entry* entry, const std::string& path);
  Result<void> make_link(archive_entry* entry, const std::string& path);
  Result<void> fill(archive* reader, int file, std::uint64_t size);
  /// Of an errno; 0 is none.
  [[nodiscard]] Result<void> made(const std::string& path, int errnum) const;

  static la_ssize_t more(archive* reader, void* self, const void** bytes);

  int fd_;
  const std::string& name_;
  NewFolder folder_;
  const UnpackLimits& limits_;
  const ArchiveLibrary& library_;
  std::array<char, piece> buffer_{};
  std::uint64_t packed_ = 0;
  std::uint64_t data_ = 0;
  std::uint64_t apparent_ = 0;
  std::string why_;  // why more() ended it
};

la_ssize_t Unpacker::more(archive* reader, void* self, const void** bytes) {
  auto& it = *static_cast<Unpacker*>(self);
  // Headers count as well: an archive need not have any data.
  const auto unpacked = static_cast<std::uint64_t>(
      std::max<la_int64_t>(it.library_.archive_filter_bytes(reader, 0), 0));
  const ssize_t got = ::read(it.fd_, it.buffer_.data(), it.buffer_.size());
  it.packed_ += got > 0 ? static_cast<std::uint64_t>(got) : 0;
  if (it.packed_ > it.limits_.packed || unpacked > 2 * it.limits_.data) {
    it.why_ = "it is too large";
  } else if (got < 0) {
    it.why_ = "it cannot be read";
  }
  if (!it.why_.empty()) {
    it.library_.archive_set_error(reader, EIO, "limit");
    return ARCHIVE_FATAL;
  }
  *bytes = it.buffer_.data();
  return got;
}

Result<void> Unpacker::run() {
  std::array<char, 4> magic{};
  if (::pread(fd_, magic.data(), magic.size(), 0) != static_cast<ssize_t>(magic.size()) ||
      std::string_view(magic.data(), magic.size()) != zstd_magic) {
    return fail(no_report("it is not compressed with zstd"));
  }
  const auto reader = library_.make_reader();
  if (!reader || library_.archive_read_support_filter_zstd(reader.get()) != ARCHIVE_OK ||
      library_.archive_read_append_filter(reader.get(), ARCHIVE_FILTER_ZSTD) != ARCHIVE_OK ||
      library_.archive_read_support_format_tar(reader.get()) != ARCHIVE_OK) {
    return fail({ErrorCode::failed, "this libarchive cannot read .tar.zst files", 0,
                 "unpack it: tar -xf FILE -C DIR; then --root DIR"});
  }
  const auto broken = [&] {
    return no_report(why_.empty() ? "it is truncated, damaged, or no tar archive" : why_);
  };
  if (library_.archive_read_open(reader.get(), this, nullptr, more, nullptr) != ARCHIVE_OK) {
    return fail(broken());
  }
  for (std::size_t entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int status = library_.archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) {
      return {};
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
      return fail(broken());
    }
    if (entries == limits_.entries) {
      return fail(no_report(formatted("it has more than {} entries", limits_.entries)));
    }
    if (auto taken = take(reader.get(), entry); !taken) {
      return fail(why_.empty() ? std::move(taken.error()) : broken());
    }
  }
}

Result<std::string> Unpacker::checked_name(const char* given) const {
  std::string_view name = given == nullptr ? std::string_view() : std::string_view(given);
  if (name.empty() || name.size() > limits_.name) {
    return fail(no_report("a name in it is empty or too long"));
  }
  if (name.starts_with('/')) {
    return fail(no_report("a name in it is absolute"));
  }
  std::string clean;
  std::size_t depth = 0;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..") {
      return fail(no_report("a name in it has '..'"));
    }
    if (!part.empty() && part != ".") {
      clean.append(clean.empty() ? "" : "/").append(part);
      ++depth;
    }
  }
  if (depth > limits_.depth) {
    return fail(no_report("its folders are nested too deeply"));
  }
  return clean;
}

Result<void> Unpacker::made(const std::string& path, int errnum) const {
  switch (errnum) {
    case 0:
      return {};
    case EEXIST:
      return fail(no_report(formatted("{} is in it twice", path)));
    case ELOOP:
    case ENOTDIR:
    case EXDEV:
    case ENAMETOOLONG:
    case EINVAL:
    case ENOENT:
      return fail(no_report(formatted("{} cannot be in a folder", path)));
    default:
      return fail(io_error(formatted("cannot unpack {}", name_), errnum));
  }
}

Result<void> Unpacker::make_link(archive_entry* entry, const std::string& path) {
  const char* const target = library_.archive_entry_symlink(entry);
  if (target == nullptr || *target == '\0' || std::string_view(target).size() > limits_.name) {
    return fail(no_report("a link in it has no target, or a long one"));
  }
  // Where it leads decides Root, which resolves it inside the folder.
  return made(path, folder_.make_link(path, target));
}

Result<void> Unpacker::fill(archive* reader, int file, std::uint64_t size) {
  for (;;) {
    const void* bytes = nullptr;
    std::size_t count = 0;
    la_int64_t offset = 0;
    const int status = library_.archive_read_data_block(reader, &bytes, &count, &offset);
    if (status == ARCHIVE_EOF) {
      return {};
    }
    const auto at = static_cast<std::uint64_t>(offset);
    if (status != ARCHIVE_OK || offset < 0 || at > size || count > size - at) {
      return fail(no_report("it is truncated or damaged"));
    }
    data_ += count;
    if (data_ > limits_.data) {
      return fail(no_report(formatted("it unpacks to more than {} MiB", limits_.data >> 20U)));
    }
    if (::lseek(file, offset, SEEK_SET) < 0 ||
        !write_all(file, {static_cast<const char*>(bytes), count})) {
      return fail(io_error(formatted("cannot unpack {}", name_), errno));
    }
  }
}

Result<void> Unpacker::make_file(archive* reader, archive_entry* entry, const std::string& path) {
  const la_int64_t given = library_.archive_entry_size(entry);
  const auto size = static_cast<std::uint64_t>(std::max<la_int64_t>(given, 0));
  apparent_ += std::min(size, limits_.file_size);
  if (given < 0 || size > limits_.file_size || apparent_ > limits_.apparent) {
    return fail(no_report("the files in it are too large"));
  }
  const bool runs = (library_.archive_entry_perm(entry) & 0111U) != 0;
  FileDescriptor file;
  if (auto result = made(path, folder_.make_file(path, runs, file)); !result) {
    return result;
  }
  if (::ftruncate(file.get(), given) != 0) {
    return made(path, errno);
  }
  return fill(reader, file.get(), size);
}

Result<void> Unpacker::take(archive* reader, archive_entry* entry) {
  const auto path = checked_name(library_.archive_entry_pathname(entry));
  if (!path) {
    return fail(path.error());
  }
  if (path->empty()) {  // "./"
    return {};
  }
  if (library_.archive_entry_hardlink(entry) != nullptr) {
    return fail(no_report(formatted("{} is a hard link", *path)));
  }
  switch (library_.archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return made(*path, folder_.make_folder(*path));
    case AE_IFREG:
      return make_file(reader, entry, *path);
    case AE_IFLNK:
      return make_link(entry, *path);
    default:
      return fail(no_report(formatted("{} is neither a file nor a folder nor a link", *path)));
  }
}

}  // namespace

Result<void> unpack_report(int fd, const std::string& name, const std::string& folder,
                           const UnpackLimits& limits) {
  if (ArchiveLibrary::get() == nullptr) {
    return fail({ErrorCode::failed,
                 "libarchive, which is needed to read " + name + ", is not installed", 0,
                 install_hint("libarchive")});
  }
  FileDescriptor opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) {
    return fail(io_error("cannot open " + folder, errno));
  }
  return Unpacker(fd, name, NewFolder(std::move(opened)), limits).run();
}

}  // namespace rocmfix::detail
