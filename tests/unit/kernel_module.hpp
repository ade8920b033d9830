// SPDX-License-Identifier: MIT
// A kernel module as far as it is read: a 64-bit ELF object with the section .modinfo. And packing.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <string>

namespace rocmfix::test {

inline std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8U * i) & 0xffU);
  }
  return text;
}

inline std::string module_with(const std::string& modinfo, const std::string& code = "") {
  const std::string names = std::string("\0.modinfo\0.shstrtab\0", 20);
  const std::string body = modinfo + names + code;
  const auto le = little_endian;
  const auto section = [&le](unsigned name, unsigned type, std::uint64_t at, std::uint64_t size) {
    return le(name, 4) + le(type, 4) + le(0, 8) + le(0, 8) + le(at, 8) + le(size, 8) + le(0, 4) +
           le(0, 4) + le(1, 8) + le(0, 8);
  };
  std::string elf = std::string(
      "\x7f"
      "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
      16);
  elf += le(1, 2) + le(62, 2) + le(1, 4) + le(0, 8) + le(0, 8) + le(64 + body.size(), 8) +
         le(0, 4) + le(64, 2) + le(0, 2) + le(0, 2) + le(64, 2) + le(3, 2) + le(2, 2);
  elf += body + section(0, 0, 0, 0) + section(1, 1, 64, modinfo.size()) +
         section(10, 3, 64 + modinfo.size(), names.size());
  return elf;
}

inline std::string modinfo(const std::string& version, const std::string& srcversion) {
  return "version=" + version + '\0' + "srcversion=" + srcversion + '\0' + "vermagic=6.1.0" + '\0';
}

using Filter = int (*)(archive*);

inline std::string pack(const std::string& data, Filter filter) {
  std::string out(data.size() + (1U << 16U), '\0');
  std::size_t used = 0;
  archive* writer = ::archive_write_new();
  ::archive_write_set_format_raw(writer);
  filter(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = ::archive_entry_new();
  ::archive_entry_set_filetype(entry, AE_IFREG);
  ::archive_write_header(writer, entry);
  ::archive_write_data(writer, data.data(), data.size());
  ::archive_entry_free(entry);
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  out.resize(used);
  return out;
}

/// `megabytes` of zeros, a few KB packed: each of the packings takes several files for one, so the
/// first eight are packed and the rest is repetition.
inline std::string bomb(const std::string& head, unsigned megabytes, Filter filter) {
  const std::string eight = pack(std::string(8U << 20U, '\0'), filter);
  std::string packed = pack(head, filter);
  for (unsigned done = 0; done < megabytes; done += 8) {
    packed += eight;
  }
  return packed;
}

}  // namespace rocmfix::test
