// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as what tells which libraries a program loads: an ELF file's dynamic
// section, or ldconfig's cache; the first byte says which.
#include <sys/mman.h>

#include "fuzzing.hpp"
#include "software/elf_dynamic.hpp"
#include "software/loader_cache.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

void check_dynamic(std::string_view bytes) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  require(
      fd >= 0 && ::pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
      "the input can be written");
  const auto file = detail::RegularFile::adopt(FileDescriptor(fd), "input");
  require(file.has_value(), "a file in memory is a regular one");
  const auto dynamic = detail::read_dynamic(*file);
  if (!dynamic) {
    require(!dynamic.error().what.empty(), "an error's words");
    return;
  }
  for (const std::string& name : dynamic->needed) {
    require(name.size() <= bytes.size(), "a name that is longer than the file");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string bytes(fuzz::text_of(data + 1, size - 1));
  if (data[0] % 2 == 0) {
    check_dynamic(bytes);
    return 0;
  }
  const detail::LoaderCache cache(bytes);
  for (const char* soname : {"libamdhip64.so.6", "libc.so.6", ""}) {
    for (const std::string& path : cache.find(soname)) {
      require(path.size() <= bytes.size(), "a path that is longer than the cache");
    }
  }
  return 0;
}
