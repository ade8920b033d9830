// SPDX-License-Identifier: MIT
// Writes small files of each format into a folder, for the fuzzer to begin with.
// Usage: code_objects_seeds FOLDER
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "../software/fat_binary.hpp"

using namespace rocmfix::test;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: code_objects_seeds FOLDER\n";
    return 2;
  }
  const std::string plain = bundle({hip_id("gfx1030"), hip_id("gfx90a:xnack-")}, "code", 16);
  const std::string marker = kpack_marker({"../.kpack/test_@GFXARCH@.kpack"});
  const auto library = [](const std::vector<Section>& sections) {
    return elf(sections, elf_header(), 16);
  };
  const std::map<std::string, std::string> seeds = {
      {"plain", plain},
      {"row", plain + std::string(40, '\0') + plain + plain},
      {"compressed-1", compressed(1, plain) + plain},
      {"compressed-2", compressed(2, plain) + plain},
      {"compressed-3", compressed(3, plain) + std::string(9, '\0') + compressed(1, plain)},
      {"compressed-dense", compressed(2, bundle({hip_id("gfx1030")}, dense_code(9000), 16))},
      {"zlib", compressed_around(2, 0, "zlib", 100) + plain},
      {"library", library({{".hip_fatbin", plain}, {".hipFatBinSegment", std::string(24, 'w')}})},
      {"library-compressed", library({{".hip_fatbin", compressed(1, plain)},
                                      {".hipFatBinSegment", std::string(24, 'w')}})},
      {"library-kpack",
       library({{".hipFatBinSegment", std::string(24, 'w')}, {".rocm_kpack_ref", marker}})},
      {"library-host", library({{".text", "code"}, {".bss", "12345678", SHT_NOBITS}})},
      {"code-object", code_object(0x36)},
      {"kpack", kpack({"gfx1030", "gfx1031"})},
  };
  for (const auto& [name, content] : seeds) {
    std::ofstream(std::filesystem::path(argv[1]) / ("seed-" + name), std::ios::binary) << content;
  }
  return 0;
}
