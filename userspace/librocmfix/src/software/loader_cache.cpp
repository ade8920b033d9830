// SPDX-License-Identifier: MIT
// The format is glibc's sysdeps/generic/dl-cache.h: a header of 48 bytes, entries of 24, strings;
// offsets are from the header.
#include "software/loader_cache.hpp"

#include <algorithm>
#include <cstdint>

#include "base/regular_file.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t entry_size = 24;
// FLAG_ELF_LIBC6 with the bits of x86-64 or AArch64.
constexpr std::uint32_t flags_x86_64 = 0x0303;
constexpr std::uint32_t flags_aarch64 = 0x0a03;

}  // namespace

LoaderCache::LoaderCache(std::string bytes) : bytes_(std::move(bytes)) {
  // Before glibc 2.32 a cache of the old format came first.
  const auto at = bytes_.find(magic);
  if (at == std::string::npos || bytes_.size() - at < header_size) {
    return;
  }
  cache_ = std::string_view(bytes_).substr(at);
  count_ = std::min<std::size_t>(read_u32(cache_, magic.size()),
                                 (cache_.size() - header_size) / entry_size);
}

std::string_view LoaderCache::text_at(std::uint32_t offset) const {
  const std::string_view rest = cache_.substr(std::min<std::size_t>(offset, cache_.size()));
  const auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

std::vector<std::string> LoaderCache::find(std::string_view soname) const {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t entry = header_size + i * entry_size;
    const std::uint32_t flags = read_u32(cache_, entry);
    const std::uint32_t key = read_u32(cache_, entry + 4);
    // Most names are skipped by their first bytes alone.
    const bool is_it = key < cache_.size() && cache_.substr(key).starts_with(soname) &&
                       key + soname.size() < cache_.size() && cache_[key + soname.size()] == '\0';
    if (is_it && (flags == flags_x86_64 || flags == flags_aarch64)) {
      paths.emplace_back(text_at(read_u32(cache_, entry + 8)));
    }
  }
  return paths;
}

}  // namespace rocmfix::detail
