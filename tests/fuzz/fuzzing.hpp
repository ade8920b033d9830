// SPDX-License-Identifier: MIT
// What the fuzzers have in common: a promise that must hold, and a machine's files to read.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "rocmfix/root.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rocmfix::fuzz {

inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

/// libFuzzer's bytes as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters
  return {reinterpret_cast<const char*>(data), size};
}

/// What comes before the first `separator`, taken off `rest`; all of it when there is none.
inline std::string_view take_part(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : rest.size());
  return part;
}

/// A folder below TMPDIR, best in memory, which stands for a machine.
class Machine {
 public:
  Machine() : folder_(std::filesystem::temp_directory_path() / ("root-" + id())) {
    std::filesystem::create_directories(folder_);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  Machine(Machine&&) = delete;
  Machine& operator=(Machine&&) = delete;
  ~Machine() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// `path` begins with "/".
  void put(const std::string& path, std::string_view content) const {
    const std::string file = folder_.string() + path;
    int fd = create(file);
    if (fd < 0) {
      std::filesystem::create_directories(std::filesystem::path(file).parent_path());
      fd = create(file);
    }
    require(fd >= 0 &&
                ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "the scratch folder can be written");
    ::close(fd);
  }

  [[nodiscard]] Root root() const {
    auto opened = Root::open(folder_);
    require(opened.has_value(), "the scratch folder can be opened");
    return std::move(*opened);
  }

 private:
  static std::string id() { return std::to_string(::getpid()); }
  static int create(const std::string& file) {
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }

  std::filesystem::path folder_;
};

}  // namespace rocmfix::fuzz
