// SPDX-License-Identifier: MIT
// Libraries, bundles and code objects as they should be. Damaged ones: hostile_code_objects_test.
#include "rocmfix/code_objects.hpp"

#include <gtest/gtest.h>

#include "../software/fat_binary.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using namespace test;
using Targets = std::vector<std::string>;

CodeObjects read(const std::string& content) {
  const TemporaryTree tree;
  tree.write("lib/libtest.so", content);
  auto objects = read_code_objects(tree.root(), "/lib/libtest.so");
  EXPECT_TRUE(objects) << (objects ? "" : to_string(objects.error()));
  return objects.value_or(CodeObjects{});
}

TEST(CodeObjects, ALibraryWithoutDeviceCodeIsCompleteAndEmpty) {
  const CodeObjects objects = read(elf({{".text", "code"}, {".bss", "12345678", SHT_NOBITS}}));
  EXPECT_FALSE(objects.has_device_code());
  EXPECT_TRUE(objects.complete());
  EXPECT_EQ(objects.bundles, 0U);
}

TEST(CodeObjects, ALibrarysTargetsAreSortedAndNamedOnceWithoutFeatures) {
  const CodeObjects objects =
      read(hip_library(padded(bundle({hip_id("gfx90a:sramecc+:xnack-"), hip_id("gfx1030")}), 4096) +
                           bundle({hip_id("gfx1010"), hip_id("gfx90a:xnack+")}),
                       2));
  EXPECT_EQ(objects.targets, (Targets{"gfx1010", "gfx1030", "gfx90a"}));
  EXPECT_EQ(objects.bundles, 2U);
  EXPECT_EQ(objects.wrappers, 2U);
  EXPECT_TRUE(objects.complete());
}

TEST(CodeObjects, FewerBundlesThanTheHostCodeRegistersIsIncomplete) {
  const CodeObjects objects = read(hip_library(bundle({hip_id("gfx1030")}), 2));
  EXPECT_EQ(objects.targets, Targets{"gfx1030"});
  EXPECT_FALSE(objects.complete());
}

TEST(CodeObjects, BundlesFollowEachOtherWithAnyPadding) {
  const std::string one = bundle({hip_id("gfx1030")}, "12345", 8);
  for (const std::size_t gap : {0U, 1U, 7U, 4095U, 4096U, 8189U, 60000U}) {
    const CodeObjects objects =
        read(one + std::string(gap, '\0') + bundle({hip_id("gfx1031")}, "code", 8) +
             std::string(gap, '\0') + compressed(3, bundle({hip_id("gfx1032")})));
    EXPECT_EQ(objects.targets, (Targets{"gfx1030", "gfx1031", "gfx1032"})) << gap;
    EXPECT_EQ(objects.bundles, 3U) << gap;
  }
}

TEST(CodeObjects, AGapLongerThan64KiBIsNotSearched) {
  const CodeObjects objects = read(hip_library(
      bundle({hip_id("gfx1030")}) + std::string(1U << 20U, '\0') + bundle({hip_id("gfx1031")}), 2));
  EXPECT_EQ(objects.targets, Targets{"gfx1030"});
  EXPECT_FALSE(objects.complete());
}

TEST(CodeObjects, TheIdsOfAllCompilersAreUnderstood) {
  const CodeObjects objects =
      read(bundle({"hip-amdgcn-amd-amdhsa-gfx803", "hip-amdgcn-amd-amdhsa--gfx900",
                   "hipv4-amdgcn-amd-amdhsa-unknown-gfx1200", hip_id("gfx10-3-generic"),
                   "hip-spirv64-amd-amdhsa--amdgcnspirv", "openmp-amdgcn-amd-amdhsa--gfx906",
                   "host-x86_64-pc-linux-gnu-gfx1"}));
  EXPECT_EQ(objects.targets,
            (Targets{"amdgcnspirv", "gfx10-3-generic", "gfx1200", "gfx803", "gfx900"}));
  EXPECT_TRUE(objects.complete());
}

TEST(CodeObjects, ATargetWhoseCodeIsEmptyIsNotCarried) {
  EXPECT_FALSE(read(bundle({hip_id("gfx1030")}, "")).has_device_code());
}

TEST(CodeObjects, CompressedBundlesOfAllVersionsAreReadInARow) {
  for (std::uint16_t version = 1; version <= 3; ++version) {
    const std::string first =
        compressed(version, bundle({hip_id("gfx1010")}, dense_code(1U << 20U)));
    const CodeObjects objects = read(hip_library(
        padded(first, 4096) + first + std::string(100, '\0') +
            compressed(version, bundle({hip_id("gfx1030")})) + bundle({hip_id("gfx1032")}),
        4));
    EXPECT_EQ(objects.targets, (Targets{"gfx1010", "gfx1030", "gfx1032"})) << version;
    EXPECT_EQ(objects.bundles, 4U) << version;
    EXPECT_TRUE(objects.complete()) << version;
  }
}

TEST(CodeObjects, AZstdFrameOfUnknownLengthEndsWhereItsLastBlockDoes) {
  // Of each kind: packed, raw and repeated blocks; with a checksum and without a content size.
  const std::string plain =
      bundle({hip_id("gfx1030")}, std::string(300000, 'r') + noise(300000) + dense_code(300000));
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  const CodeObjects objects = read(compressed_around(1, 1, packed, plain.size()) +
                                   compressed(1, bundle({hip_id("gfx1031")})));
  EXPECT_EQ(objects.targets, (Targets{"gfx1030", "gfx1031"}));
}

TEST(CodeObjects, ATableLongerThanAPageIsReadWhole) {
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    ids.push_back(hip_id("gfx1030:a-feature-" + std::to_string(i)));
  }
  ids.push_back(hip_id("gfx1010"));
  const std::string plain = bundle(ids);
  EXPECT_EQ(read(plain).targets, (Targets{"gfx1010", "gfx1030"}));
  EXPECT_EQ(read(compressed(3, plain)).targets, (Targets{"gfx1010", "gfx1030"}));
}

TEST(CodeObjects, CodeThatHardlyCompressesIsAccepted) {
  const std::string plain = bundle({hip_id("gfx1030")}, dense_code(1U << 20U));
  EXPECT_EQ(read(compressed(2, plain, 19)).targets, Targets{"gfx1030"});
  EXPECT_EQ(read(compressed(2, bundle({hip_id("gfx1030")}, noise(1U << 20U)))).targets,
            Targets{"gfx1030"});
}

TEST(CodeObjects, WhatCannotBeDecompressedIsReportedAndTheRestIsRead) {
  const std::string plain = bundle({hip_id("gfx1031")});
  for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{7}}) {
    const CodeObjects objects =
        read(hip_library(compressed_around(2, method, "not zstd", plain.size()) +
                             std::string(50, '\0') + bundle({hip_id("gfx1030")}),
                         2));
    EXPECT_EQ(objects.targets, Targets{"gfx1030"});
    EXPECT_EQ(objects.bundles, 2U);
    ASSERT_EQ(objects.unread.size(), 1U);
    EXPECT_NE(objects.unread[0].find(method == 0 ? "zlib" : "unknown method"), std::string::npos);
    EXPECT_FALSE(objects.complete());
  }
  const CodeObjects later =
      read(compressed_around(4, 1, zstd(plain), plain.size()) + bundle({hip_id("gfx1030")}));
  ASSERT_EQ(later.unread.size(), 1U);
  EXPECT_NE(later.unread[0].find("version 4"), std::string::npos);
}

TEST(CodeObjects, ANameThatIsNotATargetIsReportedAndNotRepeated) {
  const CodeObjects objects = read(
      bundle({hip_id("gfx1030"), hip_id("gfx\x1b[31m"), hip_id(""), hip_id("gfx" + noise(100))}));
  EXPECT_EQ(objects.targets, Targets{"gfx1030"});
  ASSERT_EQ(objects.unread.size(), 1U);
  EXPECT_EQ(objects.unread[0].find('\x1b'), std::string::npos);
}

TEST(CodeObjects, ACodeObjectAloneHasItsTargetInItsFlags) {
  EXPECT_EQ(read(code_object(0x33)).targets, Targets{"gfx1010"});
  EXPECT_EQ(read(code_object(0x36)).targets, Targets{"gfx1030"});
  EXPECT_EQ(read(code_object(0x53)).targets, Targets{"gfx10-3-generic"});
  const CodeObjects unknown = read(code_object(0xfe));
  EXPECT_TRUE(unknown.targets.empty());
  EXPECT_FALSE(unknown.complete());
}

TEST(CodeObjects, AGraphicsCodeObjectIsNotDeviceCodeForHip) {
  EXPECT_FALSE(read(code_object(0x36, 65)).has_device_code());
}

TEST(CodeObjects, MoreSectionsThanTheHeaderCanCountAreFound) {
  // e_shnum 0 and e_shstrndx SHN_XINDEX: the first section's header has both numbers.
  std::string file = hip_library(bundle({hip_id("gfx1030")}), 1);
  Elf64_Ehdr header{};
  std::memcpy(&header, file.data(), sizeof header);
  Elf64_Shdr first{};
  first.sh_size = header.e_shnum;
  first.sh_link = header.e_shstrndx;
  file.replace(header.e_shoff, sizeof first,
               std::string(reinterpret_cast<const char*>(&first), sizeof first));
  header.e_shnum = 0;
  header.e_shstrndx = SHN_XINDEX;
  const CodeObjects objects = read(as_bytes(header) + file.substr(sizeof header));
  EXPECT_EQ(objects.targets, Targets{"gfx1030"});
  EXPECT_TRUE(objects.complete());
}

TEST(CodeObjects, LinksAreResolvedInsideTheRoot) {
  const TemporaryTree tree;
  tree.write("opt/libtest.so.1", hip_library(bundle({hip_id("gfx1030")}), 1));
  tree.link("lib/libtest.so", "/opt/libtest.so.1");
  EXPECT_EQ(read_code_objects(tree.root(), "/lib/libtest.so")->targets, Targets{"gfx1030"});
  EXPECT_EQ(read_code_objects(tree.at("opt/libtest.so.1"))->targets, Targets{"gfx1030"});
}

TEST(Targets, AGenericTargetCoversItsFamilyOnly) {
  for (const std::string_view target :
       {"gfx1030", "gfx1031", "gfx1032", "gfx1033", "gfx1034", "gfx1035", "gfx1036"}) {
    EXPECT_TRUE(target_covers("gfx10-3-generic", target)) << target;
    EXPECT_FALSE(target_covers("gfx10-1-generic", target)) << target;
  }
  for (const std::string_view target : {"gfx1010", "gfx1011", "gfx1012", "gfx1013"}) {
    EXPECT_TRUE(target_covers("gfx10-1-generic", target)) << target;
    EXPECT_FALSE(target_covers("gfx10-3-generic", target)) << target;
  }
  EXPECT_FALSE(target_covers("gfx10-3-generic", "gfx103"));
  EXPECT_FALSE(target_covers("gfx10-3-generic", ""));
  EXPECT_FALSE(target_covers("gfx10-3-generic", "gfx1030 gfx1031"));
  EXPECT_FALSE(target_covers("gfx11-generic", "gfx1030"));
}

TEST(Targets, AConcreteTargetCoversItselfOnly) {
  EXPECT_TRUE(target_covers("gfx1030", "gfx1030"));
  EXPECT_TRUE(target_covers("gfx90a:xnack-", "gfx90a"));
  EXPECT_FALSE(target_covers("gfx1030", "gfx1031"));
  EXPECT_FALSE(target_covers("gfx1031", "gfx1030"));
  EXPECT_FALSE(target_covers("", ""));
}

TEST(Targets, SpirvIsCompiledForAnyTarget) {
  EXPECT_TRUE(target_covers("amdgcnspirv", "gfx1031"));
  EXPECT_FALSE(target_covers("amdgcnspirv", ""));
}

}  // namespace
}  // namespace rocmfix
