// SPDX-License-Identifier: MIT
#include "software/kpack.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/regular_file.hpp"
#include "rocmfix/code_objects.hpp"
#include "software/msgpack_strings.hpp"
#include "software/targets.hpp"
#include "util/formatted.hpp"

namespace rocmfix {
namespace detail {
namespace {

constexpr std::string_view magic = "KPAK";
constexpr std::uint32_t known_version = 1;
constexpr std::size_t header_size = 16;  // magic, u32 version, u64 offset of the TOC
constexpr std::size_t first_toc_bytes = 64U << 10U;
constexpr std::size_t most_toc_bytes = 16U << 20U;
constexpr std::string_view placeholder = "@GFXARCH@";
constexpr std::size_t most_files = 64;

// `pattern` with each target for the placeholder for which there is a name in the folder.
void expand(const Root& root, const std::string& pattern, std::set<std::string>& files) {
  const std::size_t at = pattern.find(placeholder);
  if (at == std::string::npos) {
    if (root.exists(pattern)) {
      files.insert(pattern);
    }
    return;
  }
  const std::size_t begin = pattern.rfind('/', at) + 1;
  const std::size_t end = std::min(pattern.find('/', at), pattern.size());
  const std::string folder = pattern.substr(0, begin);
  const std::string prefix = pattern.substr(begin, at - begin);
  const std::string suffix = pattern.substr(at + placeholder.size(), end - at - placeholder.size());
  for (const std::string& name : root.list(folder)) {
    const bool fits = name.size() > prefix.size() + suffix.size() && name.starts_with(prefix) &&
                      name.ends_with(suffix);
    if (fits && files.size() < most_files &&
        bare_target(std::string_view(name).substr(prefix.size(),
                                                  name.size() - prefix.size() - suffix.size()))) {
      const std::string file = folder + name + pattern.substr(end);
      if (root.exists(file)) {
        files.insert(file);
      }
    }
  }
}

}  // namespace

Result<std::vector<std::string>> parse_kpack_marker(std::string_view bytes,
                                                    const std::string& name) {
  auto paths = find_msgpack_strings(bytes, "kpack_search_paths");
  if (!paths || paths->empty()) {
    return fail({ErrorCode::invalid, name + ": a kpack marker without search paths", 0, ""});
  }
  return std::move(*paths);
}

std::vector<std::string> find_kpack_files(const Root& root, std::string_view library,
                                          const std::vector<std::string>& kpack_paths) {
  std::set<std::string> files;
  const std::filesystem::path folder =
      std::filesystem::path(root.real_path(library).value_or(std::string(library))).parent_path();
  for (const std::string& path : kpack_paths) {
    if (path.ends_with(".kpack") && path.find('\0') == std::string::npos) {
      expand(root, (folder / path).lexically_normal().string(), files);
    }
  }
  return {files.begin(), files.end()};
}

}  // namespace detail

Result<std::vector<std::string>> read_kpack_targets(const Root& root, std::string_view path) {
  const auto file = detail::RegularFile::open(root, path);
  if (!file) {
    return fail(file.error());
  }
  const auto header = file->read(0, detail::header_size);
  if (!header) {
    return fail(header.error());
  }
  if (!header->starts_with(detail::magic)) {
    return fail(file->malformed("not a kpack file"));
  }
  if (const auto version = detail::read_u32(*header, 4); version != detail::known_version) {
    return fail(file->malformed(formatted("kpack version {}, which is not known", version)));
  }
  const std::uint64_t toc = detail::read_u64(*header, 8);
  if (toc < detail::header_size || toc >= file->size()) {
    return fail(file->malformed("truncated: its table of contents is beyond its end"));
  }
  std::optional<std::vector<std::string>> names;
  for (const std::size_t most : {detail::first_toc_bytes, detail::most_toc_bytes}) {
    const auto size = std::min<std::uint64_t>(most, file->size() - toc);
    const auto bytes = file->read(toc, size);
    if (!bytes) {
      return fail(bytes.error());
    }
    names = detail::find_msgpack_strings(*bytes, "gfx_arches");
    if (names || size == file->size() - toc) {
      break;
    }
  }
  if (!names) {
    return fail(file->malformed("a table of contents without gfx_arches"));
  }
  std::set<std::string> targets;
  for (const std::string& name : *names) {
    auto target = detail::bare_target(name);
    if (!target) {
      return fail(file->malformed("gfx_arches contains something that is not an ISA target"));
    }
    targets.insert(std::move(*target));
  }
  return std::vector<std::string>(targets.begin(), targets.end());
}

}  // namespace rocmfix
