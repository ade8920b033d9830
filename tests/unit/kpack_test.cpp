// SPDX-License-Identifier: MIT
// kpack markers and files, and Tensile's folders: device code that is not in the library itself.
#include <gtest/gtest.h>

#include "../software/fat_binary.hpp"
#include "rocmfix/code_objects.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using namespace test;
using Targets = std::vector<std::string>;

// As the splitter leaves it: wrappers, zeros where the bundles were, and the marker.
std::string split_library(const std::string& marker) {
  return elf({{".hip_fatbin", std::string(1U << 20U, '\0')},
              {".hipFatBinSegment", std::string(24, 'w')},
              {".rocm_kpack_ref", marker}});
}

CodeObjects read(const TemporaryTree& tree, std::string_view path) {
  auto objects = read_code_objects(tree.root(), path);
  EXPECT_TRUE(objects) << (objects ? "" : to_string(objects.error()));
  return objects.value_or(CodeObjects{});
}

TEST(Kpack, AMarkerWithoutItsFileIsAnIncompleteInstallation) {
  const TemporaryTree tree;
  tree.write("torch/lib/libtorch_hip.so",
             split_library(kpack_marker({"../.kpack/torch_@GFXARCH@.kpack"})));
  const CodeObjects objects = read(tree, "/torch/lib/libtorch_hip.so");
  EXPECT_EQ(objects.kpack_paths, Targets{"../.kpack/torch_@GFXARCH@.kpack"});
  EXPECT_TRUE(objects.kpack_files.empty());
  EXPECT_EQ(objects.wrappers, 1U);
  EXPECT_FALSE(objects.has_device_code());
  EXPECT_FALSE(objects.complete());
}

TEST(Kpack, TheFilesThatAreThereGiveTheTargets) {
  const TemporaryTree tree;
  tree.write("torch/lib/libtorch_hip.so",
             split_library(kpack_marker({"../.kpack/torch_@GFXARCH@.kpack"})));
  tree.write("torch/.kpack/torch_gfx1031.kpack", kpack({"gfx1031"}));
  tree.write("torch/.kpack/torch_gfx103X.kpack", kpack({"gfx1034"}));  // no target's name
  tree.write("torch/.kpack/audio_gfx1032.kpack", kpack({"gfx1032"}));  // another library's
  tree.write("torch/.kpack/torch_gfx1033.kpack.bak", kpack({"gfx1033"}));
  tree.write("torch/.kpack/torch_.kpack", kpack({"gfx1035"}));
  const CodeObjects objects = read(tree, "/torch/lib/libtorch_hip.so");
  EXPECT_EQ(objects.targets, Targets{"gfx1031"});
  EXPECT_EQ(objects.kpack_files, Targets{"/torch/.kpack/torch_gfx1031.kpack"});
  EXPECT_TRUE(objects.complete());
}

TEST(Kpack, PathsAreRelativeToWhereALinkedLibraryReallyIs) {
  const TemporaryTree tree;
  tree.write("store/lib/libblas.so.5", split_library(kpack_marker({"../.kpack/blas.kpack"})));
  tree.write("store/.kpack/blas.kpack", kpack({"gfx1030", "gfx90a:xnack-"}));
  tree.link("venv/lib/libblas.so", "/store/lib/libblas.so.5");
  const CodeObjects objects = read(tree, "/venv/lib/libblas.so");
  EXPECT_EQ(objects.targets, (Targets{"gfx1030", "gfx90a"}));
}

TEST(Kpack, ALibraryWithBundlesAndAMarkerHasTheTargetsOfBoth) {
  const TemporaryTree tree;
  tree.write("lib/libtest.so", elf({{".hip_fatbin", bundle({hip_id("gfx1010")})},
                                    {".hipFatBinSegment", std::string(48, 'w')},
                                    {".rocm_kpack_ref", kpack_marker({"a_@GFXARCH@.kpack"})}}));
  tree.write("lib/a_gfx1030.kpack", kpack({"gfx1030"}));
  EXPECT_EQ(read(tree, "/lib/libtest.so").targets, (Targets{"gfx1010", "gfx1030"}));
}

TEST(Kpack, AFileThatCannotBeReadIsReported) {
  const TemporaryTree tree;
  tree.write("lib/libtest.so", split_library(kpack_marker({"a_@GFXARCH@.kpack"})));
  tree.write("lib/a_gfx1030.kpack", "no such thing at all");
  tree.write("lib/a_gfx1031.kpack", kpack({"gfx1031"}));
  const CodeObjects objects = read(tree, "/lib/libtest.so");
  EXPECT_EQ(objects.targets, Targets{"gfx1031"});
  ASSERT_EQ(objects.unread.size(), 1U);
  EXPECT_NE(objects.unread[0].find("a_gfx1030.kpack"), std::string::npos);
  EXPECT_FALSE(objects.complete());
}

TEST(Kpack, AMarkerOpensNothingButKpackFiles) {
  const TemporaryTree tree;
  tree.write("lib/libtest.so", split_library(kpack_marker({"../dev/watchdog", "/dev/watchdog",
                                                           std::string("x\0.kpack", 8)})));
  tree.write("dev/watchdog", kpack({"gfx1030"}));
  tree.write("lib/x", kpack({"gfx1030"}));
  const CodeObjects objects = read(tree, "/lib/libtest.so");
  EXPECT_TRUE(objects.kpack_files.empty());
  EXPECT_FALSE(objects.has_device_code());
}

TEST(Kpack, AMalformedMarkerIsRefused) {
  const TemporaryTree tree;
  const std::string deep(60000, '\x91');  // a list in a list in a list
  const std::string map_deep = '\x81' + std::string("\xb2") + "kpack_search_paths" + deep;
  const std::string many = kpack_marker(std::vector<std::string>(300, "a.kpack"));
  for (const std::string& marker :
       {std::string(""), std::string("text"), deep, map_deep, many, kpack_marker({}),
        msgpack({{"kernel_name", "x"}}), msgpack({{"kpack_search_paths", "a.kpack"}}),
        kpack_marker({"a.kpack"}).substr(0, 40), std::string("\xdd\xff\xff\xff\xff", 5),
        std::string("\x81\xb2kpack_search_paths\xdd\xff\xff\xff\xff\xa1x", 26)}) {
    tree.write("libtest.so", split_library(marker));
    const auto objects = read_code_objects(tree.root(), "/libtest.so");
    ASSERT_FALSE(objects) << marker.size();
    EXPECT_NE(objects.error().what.find("kpack marker"), std::string::npos);
  }
}

TEST(Kpack, TargetsAreReadFromATableOfContentsOfAnySize) {
  const TemporaryTree tree;
  for (const std::size_t kernels : {0U, 1U, 3000U}) {  // the last one: 200 KiB
    tree.write("a.kpack", kpack({"gfx1031", "gfx1030", "gfx1030"}, kernels));
    const auto targets = read_kpack_targets(tree.root(), "/a.kpack");
    ASSERT_TRUE(targets) << to_string(targets.error());
    EXPECT_EQ(*targets, (Targets{"gfx1030", "gfx1031"})) << kernels;
  }
  EXPECT_EQ(read_kpack_targets(tree.at("a.kpack"))->size(), 2U);
}

TEST(Kpack, DamagedFilesAreRefused) {
  const TemporaryTree tree;
  const std::string good = kpack({"gfx1030"});
  std::string later = good;
  later[4] = 2;
  std::string beyond = good;
  beyond.replace(8, 8, little<std::uint64_t>(good.size()));
  std::string before = good;
  before.replace(8, 8, little<std::uint64_t>(3));
  for (const auto& [content, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "truncated"},
           {"ZIP" + good, "not a kpack file"},
           {later, "version 2"},
           {beyond, "beyond its end"},
           {before, "beyond its end"},
           {good.substr(0, good.size() - 1), "without gfx_arches"},
           {kpack({"gfx1030", "\x1b[2J"}), "not an ISA target"}}) {
    tree.write("a.kpack", content);
    const auto targets = read_kpack_targets(tree.root(), "/a.kpack");
    ASSERT_FALSE(targets) << what;
    EXPECT_EQ(targets.error().code, ErrorCode::invalid);
    EXPECT_NE(targets.error().what.find(what), std::string::npos) << targets.error().what;
  }
}

TensileTargets read_folder_of(std::initializer_list<std::string_view> names) {
  const TemporaryTree tree;
  for (const std::string_view name : names) {
    tree.write("library/" + std::string(name), "");
  }
  return read_tensile_folder(tree.root(), "/library");
}

// rocBLAS 5.5 in Debian 13.
TEST(Tensile, GeneralKernelsAloneAreUntuned) {
  const TensileTargets targets = read_folder_of(
      {"Kernels.so-000-gfx1010.hsaco", "Kernels.so-000-gfx1030.hsaco",
       "Kernels.so-000-gfx90a-xnack-.hsaco", "Kernels.so-000-gfx90a-xnack+.hsaco",
       "TensileLibrary_gfx1030.co", "TensileLibrary_gfx90a.co", "TensileLibrary.dat"});
  EXPECT_EQ(targets.tuned, (Targets{"gfx1030", "gfx90a"}));
  EXPECT_EQ(targets.untuned, Targets{"gfx1010"});
}

// rocBLAS 6.4 in sid: a list for each target and type of problem, read when it is needed.
TEST(Tensile, FallbackKernelsAreUntuned) {
  const TensileTargets targets = read_folder_of(
      {"Kernels.so-000-gfx1010.hsaco", "TensileLibrary_lazy_gfx1010.dat",
       "TensileLibrary_Type_SS_Contraction_l_Ailk_Bjlk_Cijk_Dijk_fallback_gfx1010.hsaco",
       "Kernels.so-000-gfx1030.hsaco", "TensileLibrary_lazy_gfx1030.dat",
       "TensileLibrary_Type_HH_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx1030.co",
       "TensileLibrary_Type_HH_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx1030.dat",
       "TensileLibrary_Type_SS_fallback.dat"});
  EXPECT_EQ(targets.tuned, Targets{"gfx1030"});
  EXPECT_EQ(targets.untuned, Targets{"gfx1010"});
}

TEST(Tensile, ATargetWithoutAListOfItsKernelsIsUnusable) {
  EXPECT_TRUE(read_folder_of({"Kernels.so-000-gfx1010.hsaco", "TensileLibrary_gfx1030.co",
                              "TensileLibrary_lazy_gfx1100.dat"})
                  .empty());
}

TEST(Tensile, OtherFilesAreNotKernels) {
  EXPECT_TRUE(read_folder_of({"TensileLibrary.dat", "gfx1200", "notes_gfx1201.txt", "x_gfx1010.co",
                              "TensileLibrary_gfx1\x1b.co", "TensileLibrary_gfx.co", ".co",
                              "TensileLibrarygfx1030.co", "TensileLibrary_gfx1030.co.bak"})
                  .empty());
}

TEST(Tensile, AMissingFolderIsEmpty) {
  const TemporaryTree tree;
  EXPECT_TRUE(read_tensile_folder(tree.root(), "/library").empty());
}

}  // namespace
}  // namespace rocmfix
