// SPDX-License-Identifier: MIT
#include "supervisor/report_file.hpp"

#include <dirent.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "incident/incident_store.hpp"
#include "util/file_descriptor.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::run {

namespace {

std::vector<std::string> tagged_names(const std::string& directory, const std::string& tag) {
  constexpr std::size_t most = 256;
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open_directory(opendir(directory.c_str()), &closedir);
  if (!open_directory) {
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while (const dirent* const entry = readdir(open_directory.get())) {
    const std::string name = entry->d_name;
    if (hip::tag_of(name) == tag && names.size() < most) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace

std::string new_report_tag() {
  std::array<unsigned char, hip::tag_size / 2> bytes{};
  // The kernel may have none yet, early in a boot: another process's tag may then be the same.
  static_cast<void>(getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string tag;
  for (const unsigned char byte : bytes) {
    tag += digits[byte >> 4U];
    tag += digits[byte & 0xfU];
  }
  return tag;
}

ReportFiles read_report_files(const std::string& directory, const std::string& tag,
                              std::int64_t since) {
  constexpr std::size_t most = 64;  // processes of one command that fault at once
  ReportFiles found;
  hip::IncidentFolder folder;
  struct stat status {};
  if (directory.empty() || tag.empty() || !folder.open(directory.c_str()) ||
      fstat(folder.get(), &status) != 0 || status.st_mtim.tv_sec < since) {
    return found;
  }
  std::vector<std::string> names = tagged_names(directory, tag);
  if (!folder.is_trusted()) {
    found.distrusted = !names.empty();
    return found;
  }
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), most));
  for (std::string& name : names) {
    constexpr std::size_t limit = 1U << 20U;  // the interposer's documents have 64 KiB at most
    std::string text;
    if (const FileDescriptor file(folder.open_own(name.c_str()));
        file && read_to_end(file.get(), limit, text)) {
      found.files.push_back({std::move(name), std::move(text)});
    }
  }
  return found;
}

}  // namespace rocmfix::run
