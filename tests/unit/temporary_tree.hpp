// SPDX-License-Identifier: MIT
// A scratch directory with files, gone at the end of the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::test {

class TemporaryTree {
 public:
  TemporaryTree() {
    std::string name = (std::filesystem::temp_directory_path() / "rocmfix-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  void write(std::string_view path, std::string_view content) const {
    const auto file = at(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  void link(std::string_view path, std::string_view target) const {
    const auto file = at(path);
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::create_symlink(std::string(target), file);
  }
  [[nodiscard]] std::filesystem::path at(std::string_view path) const {
    return dir_ / std::filesystem::path(path).relative_path();
  }
  [[nodiscard]] Root root() const { return std::move(*Root::open(dir_)); }

 private:
  std::filesystem::path dir_;
};

}  // namespace rocmfix::test
