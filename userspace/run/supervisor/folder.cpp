// SPDX-License-Identifier: MIT
#include "supervisor/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

namespace rocmfix::run {

std::vector<std::string> names_in(int folder, std::size_t most, std::string_view prefix) {
  constexpr std::size_t looked_at = 16384;
  std::vector<std::string> names;
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(copy < 0 ? nullptr : fdopendir(copy),
                                                      &closedir);
  for (std::size_t i = 0; directory && i < looked_at && names.size() < most; ++i) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    const dirent* const entry = readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name.starts_with(prefix)) {
      names.emplace_back(name);
    }
  }
  return names;
}

void empty_folder(int folder) {
  constexpr std::size_t most = 4096;
  for (const std::string& name : names_in(folder, most)) {
    unlinkat(folder, name.c_str(), 0);
  }
}

}  // namespace rocmfix::run
