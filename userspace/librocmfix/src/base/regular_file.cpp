// SPDX-License-Identifier: MIT
#include "base/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/root_recorder.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

// Byte by byte: the library is built for little-endian machines only, but nothing depends on it.
std::uint64_t read_little(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  }
  return value;
}

}  // namespace

std::uint16_t read_u16(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(read_little(bytes, offset, 2));
}

std::uint32_t read_u32(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint32_t>(read_little(bytes, offset, 4));
}

std::uint64_t read_u64(std::string_view bytes, std::size_t offset) {
  return read_little(bytes, offset, 8);
}

Result<RegularFile> RegularFile::open(const Root& root, std::string_view path) {
  // O_NONBLOCK: a FIFO where a file is expected must not hang.
  auto fd = root.open_file(path, O_NONBLOCK);
  if (!fd) {
    return fail(std::move(fd.error()));
  }
  auto file = adopt(FileDescriptor(*fd), root.host_path(path).string());
  if (file && root.recorder() != nullptr) {
    file->recorder_ = root.recorder();
    file->path_ = path;
    file->recorder_->range(path, file->size_, 0, {});
  }
  return file;
}

Result<RegularFile> RegularFile::adopt(FileDescriptor fd, std::string name) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return fail(io_error(formatted("cannot read {}", name), errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail({ErrorCode::invalid, name + " is not a regular file", 0, ""});
  }
  return RegularFile(std::move(fd), std::move(name), static_cast<std::uint64_t>(status.st_size));
}

Result<std::string> RegularFile::read(std::uint64_t offset, std::size_t length) const {
  auto bytes = scan(offset, length);
  if (bytes) {
    note(offset, *bytes);
  }
  return bytes;
}

void RegularFile::note(std::uint64_t offset, std::string_view bytes) const {
  if (recorder_ != nullptr) {
    recorder_->range(path_, size_, offset, bytes);
  }
}

Result<std::string> RegularFile::scan(std::uint64_t offset, std::size_t length) const {
  if (offset > size_ || length > size_ - offset) {
    return fail(malformed("truncated"));
  }
  std::string bytes(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got =
        ::pread(fd_.get(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(io_error(formatted("cannot read {}", name_), errno));
    }
    if (got == 0) {
      return fail(malformed("became shorter while it was read"));
    }
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Error RegularFile::malformed(std::string_view what) const {
  return {ErrorCode::invalid, formatted("{}: {}", name_, what), 0, ""};
}

}  // namespace rocmfix::detail
