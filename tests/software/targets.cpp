// SPDX-License-Identifier: MIT
// Prints what the library reads of each file or folder, a JSON document a line: for the tests here
// and for bench/code-objects.
// Usage: targets FILE.so|FILE.kpack|FOLDER...
//        targets --names PREFIX FILE.so...    the constants that begin with it
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "rocmfix/code_objects.hpp"
#include "software/miopen_names.hpp"

namespace {

// What this process has read so far, from the page cache or not; 0 when the kernel does not count.
std::uint64_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  return file >> name >> value && name == "rchar:" ? value : 0;
}

nlohmann::json describe(const std::filesystem::path& path) {
  nlohmann::json document = {{"path", path.string()}};
  if (std::filesystem::is_directory(path)) {
    const auto tensile = rocmfix::read_tensile_folder(path);
    document["tuned"] = tensile.tuned;
    document["untuned"] = tensile.untuned;
    return document;
  }
  if (path.extension() == ".kpack") {
    const auto targets = rocmfix::read_kpack_targets(path);
    if (targets) {
      document["targets"] = *targets;
    } else {
      document["error"] = rocmfix::to_string(targets.error());
    }
    return document;
  }
  const std::uint64_t before = bytes_read();
  const auto begin = std::chrono::steady_clock::now();
  const auto objects = rocmfix::read_code_objects(path);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  document["milliseconds"] = taken.count();
  document["bytes_read"] = bytes_read() - before;  // some 100 of them for /proc/self/io itself
  if (!objects) {
    document["error"] = rocmfix::to_string(objects.error());
    return document;
  }
  document["targets"] = objects->targets;
  document["bundles"] = objects->bundles;
  document["wrappers"] = objects->wrappers;
  document["kpack_paths"] = objects->kpack_paths;
  document["kpack_files"] = objects->kpack_files;
  document["unread"] = objects->unread;
  document["complete"] = objects->complete();
  return document;
}

nlohmann::json names_in(const char* path, std::string_view prefix) {
  nlohmann::json document = {{"path", path}};
  const auto root = rocmfix::Root::open("/");
  const auto file = rocmfix::detail::RegularFile::open(*root, path);
  const auto names = file ? rocmfix::detail::constants_with_prefix(*file, prefix)
                          : rocmfix::Result<std::vector<std::string>>(rocmfix::fail(file.error()));
  if (names) {
    document["names"] = *names;
  } else {
    document["error"] = rocmfix::to_string(names.error());
  }
  return document;
}

}  // namespace

int main(int argc, char** argv) {
  const bool names = argc > 2 && argv[1] == std::string_view("--names");
  for (int i = names ? 3 : 1; i < argc; ++i) {
    const nlohmann::json document = names ? names_in(argv[i], argv[2]) : describe(argv[i]);
    std::cout << document.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  }
  return 0;
}
