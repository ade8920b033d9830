// SPDX-License-Identifier: MIT
#include "module_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libkmod.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "archive_library.hpp"

namespace rocmfix::detail {
namespace {

// An unstripped amdgpu.ko has about 350 MB.
constexpr std::uint64_t max_size = std::uint64_t{1} << 30U;

// Unpacks into `out` and notes size and sum (FNV-1a: two honest copies are told apart, no more).
bool unpack(int in, int out, ModuleIdentity& identity) {
  const ArchiveLibrary* const library = ArchiveLibrary::get();
  const auto reader =
      library != nullptr ? library->make_reader() : ArchiveLibrary::Reader(nullptr, nullptr);
  if (!reader || ::lseek(in, 0, SEEK_SET) != 0) {
    return false;
  }
  library->archive_read_support_filter_gzip(reader.get());
  library->archive_read_support_filter_xz(reader.get());
  library->archive_read_support_filter_zstd(reader.get());
  library->archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (library->archive_read_open_fd(reader.get(), in, 1U << 16U) != ARCHIVE_OK ||
      library->archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return false;
  }
  identity.sum = 0xcbf29ce484222325U;
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  int status = ARCHIVE_OK;
  while ((status = library->archive_read_data_block(reader.get(), &block, &size, &offset)) ==
         ARCHIVE_OK) {
    const std::string_view bytes(static_cast<const char*>(block), size);
    identity.size += size;
    if (identity.size > max_size || !write_all(out, bytes)) {
      return false;
    }
    for (const char c : bytes) {
      identity.sum = (identity.sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  return status == ARCHIVE_EOF;
}

void ignore_log(void* /*data*/, int /*priority*/, const char* /*file*/, int /*line*/,
                const char* /*function*/, const char* /*format*/, va_list /*arguments*/) {}

bool read_modinfo(int fd, ModuleIdentity& identity) {
  const std::array<const char*, 1> no_config = {nullptr};
  const std::unique_ptr<kmod_ctx, decltype(&kmod_unref)> context(kmod_new("/", no_config.data()),
                                                                 kmod_unref);
  if (!context) {
    return false;
  }
  kmod_set_log_fn(context.get(), ignore_log, nullptr);  // a damaged module is ours to report
  kmod_module* module = nullptr;
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  if (kmod_module_new_from_path(context.get(), path.c_str(), &module) < 0) {
    return false;
  }
  const std::unique_ptr<kmod_module, decltype(&kmod_module_unref)> owner(module, kmod_module_unref);
  kmod_list* list = nullptr;
  if (kmod_module_get_info(module, &list) < 0) {
    return false;
  }
  for (kmod_list* item = list; item != nullptr; item = kmod_list_next(list, item)) {
    const std::string_view key = kmod_module_info_get_key(item);
    const char* value = kmod_module_info_get_value(item);
    if (key == "version") {
      identity.version = value;
    } else if (key == "srcversion") {
      identity.srcversion = value;
    } else if (key == "rocmfix") {
      identity.rocmfix = value;
    } else if (key == "vermagic") {
      identity.vermagic = value;
    }
  }
  kmod_module_info_free_list(list);
  return true;
}

std::optional<ModuleIdentity> identify(int packed, const std::string& path) {
  const FileDescriptor unpacked(::memfd_create("module.ko", MFD_CLOEXEC));
  ModuleIdentity identity;
  identity.path = path;
  if (!unpacked || !unpack(packed, unpacked.get(), identity) ||
      !read_modinfo(unpacked.get(), identity)) {
    return std::nullopt;
  }
  return identity;
}

}  // namespace

std::optional<bool> same_module(const ModuleIdentity& a, const ModuleIdentity& b) {
  if (a.size == b.size && a.sum == b.sum) {
    return true;
  }
  if (a.vermagic != b.vermagic || a.version != b.version || a.srcversion != b.srcversion ||
      a.rocmfix != b.rocmfix) {
    return false;
  }
  // Other bytes, same modinfo: the same source, stripped or signed on the way, when a srcversion
  // says so.
  return a.srcversion ? std::optional(true) : std::nullopt;
}

ModuleCollector::ModuleCollector() : packed_(::memfd_create("module.ko.packed", MFD_CLOEXEC)) {
  good_ = static_cast<bool>(packed_);
}

void ModuleCollector::add(std::string_view bytes) {
  size_ += bytes.size();
  good_ = good_ && size_ <= max_size && write_all(packed_.get(), bytes);
}

std::optional<ModuleIdentity> ModuleCollector::identify(const std::string& path) {
  return good_ ? detail::identify(packed_.get(), path) : std::nullopt;
}

Result<ModuleIdentity> identify_module(const Root& root, const std::string& path) {
  const auto opened = root.open_file(path, O_NONBLOCK);
  if (!opened) {
    return fail(opened.error());
  }
  const FileDescriptor fd(*opened);
  auto identity = identify(fd.get(), path);
  if (!identity) {
    return fail(
        {ErrorCode::invalid, root.host_path(path).string() + " is no kernel module", 0, ""});
  }
  return std::move(*identity);
}

}  // namespace rocmfix::detail
