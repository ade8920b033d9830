// SPDX-License-Identifier: MIT
// Files that lie about themselves: an error value each, in bounded time and memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "../software/fat_binary.hpp"
#include "rocmfix/code_objects.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using namespace test;

Result<CodeObjects> read(const std::string& content) {
  const TemporaryTree tree;
  tree.write("libtest.so", content);
  return read_code_objects(tree.root(), "/libtest.so");
}

void expect_error(const std::string& content, std::string_view what) {
  const auto objects = read(content);
  ASSERT_FALSE(objects) << what;
  EXPECT_EQ(objects.error().code, ErrorCode::invalid) << what;
  EXPECT_NE(objects.error().what.find(what), std::string::npos) << objects.error().what;
  EXPECT_NE(objects.error().what.find("libtest.so"), std::string::npos) << objects.error().what;
}

std::string with_u64(std::string bytes, std::size_t offset, std::uint64_t value) {
  return bytes.replace(offset, 8, little(value));
}

TEST(HostileCodeObjects, AFileThatIsNotALibraryIsRefused) {
  expect_error("", "truncated");
  expect_error("INPUT(libc.so.6)", "truncated");
  expect_error(std::string(100, 'x'), "not an ELF64");
  std::string elf32 = hip_library("", 0);
  elf32[EI_CLASS] = ELFCLASS32;
  expect_error(elf32, "not an ELF64");
  std::string big = hip_library("", 0);
  big[EI_DATA] = ELFDATA2MSB;
  expect_error(big, "not an ELF64");
}

TEST(HostileCodeObjects, FifosDirectoriesAndDevicesAreRefusedWithoutHanging) {
  const TemporaryTree tree;
  tree.write("folder/file", "");
  ASSERT_EQ(::mkfifo(tree.at("fifo").c_str(), 0600), 0);
  for (const std::string_view path : {"/fifo", "/folder"}) {
    const auto objects = read_code_objects(tree.root(), path);
    ASSERT_FALSE(objects) << path;
    EXPECT_NE(objects.error().what.find("not a regular file"), std::string::npos) << path;
  }
  EXPECT_FALSE(read_code_objects("/dev/zero"));
  EXPECT_EQ(read_code_objects(tree.root(), "/missing").error().errnum, ENOENT);
}

// A library that ends early is an error, or what is lacking shows; it is never a wrong answer.
TEST(HostileCodeObjects, ATruncatedLibraryIsNeverMistakenForAWholeOne) {
  const std::string whole =
      hip_library(bundle({hip_id("gfx1030")}) + compressed(1, bundle({hip_id("gfx1031")})), 2);
  ASSERT_TRUE(read(whole)->complete());
  for (std::size_t size = 0; size < whole.size(); size += size < 4200 ? 13 : 509) {
    EXPECT_FALSE(read(whole.substr(0, size))) << size;
  }
}

TEST(HostileCodeObjects, ATruncatedBundleIsNeverMistakenForAWholeOne) {
  for (const std::string& whole :
       {bundle({hip_id("gfx1030"), hip_id("gfx1031")}, "code", 64),
        compressed(1, bundle({hip_id("gfx1030")})), compressed(2, bundle({hip_id("gfx1030")})),
        compressed(3, bundle({hip_id("gfx1030")}))}) {
    ASSERT_TRUE(read(whole)->has_device_code());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(read(whole.substr(0, size))) << size;
    }
  }
}

TEST(HostileCodeObjects, SectionsOutsideOfTheFileAreRefused) {
  const std::string good = hip_library(bundle({hip_id("gfx1030")}), 1);
  Elf64_Ehdr header{};
  std::memcpy(&header, good.data(), sizeof header);
  const auto fatbin = header.e_shoff + 2 * sizeof(Elf64_Shdr);
  for (const std::uint64_t lie : {std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    expect_error(with_u64(good, fatbin + offsetof(Elf64_Shdr, sh_offset), lie), "beyond its end");
    expect_error(with_u64(good, fatbin + offsetof(Elf64_Shdr, sh_size), lie), "beyond its end");
    expect_error(with_u64(good, offsetof(Elf64_Ehdr, e_shoff), lie), "truncated");
  }
  expect_error(with_u64(good, offsetof(Elf64_Ehdr, e_shoff), 0), "no section headers");
  std::string names = good;
  names.replace(fatbin, 4, little<std::uint32_t>(1U << 30U));
  expect_error(names, "outside of the table");
  header.e_shstrndx = 200;
  expect_error(as_bytes(header) + good.substr(sizeof header), "no table of section names");
  header.e_shentsize = 1;
  expect_error(as_bytes(header) + good.substr(sizeof header), "unknown size");
}

TEST(HostileCodeObjects, ACountOfSectionsThatNoFileHasIsRefused) {
  std::string good = hip_library("", 0);
  Elf64_Ehdr header{};
  std::memcpy(&header, good.data(), sizeof header);
  good = with_u64(good, header.e_shoff + offsetof(Elf64_Shdr, sh_size), 1U << 30U);
  header.e_shnum = 0;
  expect_error(as_bytes(header) + good.substr(sizeof header), "too many sections");
}

TEST(HostileCodeObjects, NamesOfSectionsThatOverlapTakeNoMoreMemoryThanTheFile) {
  std::vector<Section> sections(20000);
  sections.push_back({std::string(3U << 20U, 'n'), "", SHT_PROGBITS});
  std::string file = elf(sections);
  Elf64_Ehdr header{};
  std::memcpy(&header, file.data(), sizeof header);
  for (std::size_t i = 0; i < sections.size(); ++i) {  // all of them have the long name
    file.replace(header.e_shoff + i * sizeof(Elf64_Shdr), 4, little<std::uint32_t>(20001));
  }
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_TRUE(read(file));
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);  // KiB; the names would be 60 GB
}

TEST(HostileCodeObjects, TablesThatLieAreRefused) {
  const std::string good = bundle({hip_id("gfx1030")});
  const std::size_t second = 32 + 24 + std::string_view("host-x86_64-unknown-linux--").size();
  for (const auto& make : {+[](const std::string& plain) { return plain; },
                           +[](const std::string& plain) { return compressed(2, plain); }}) {
    for (const std::uint64_t lie : {std::uint64_t{1} << 20U, ~std::uint64_t{0}}) {
      expect_error(make(with_u64(good, 24, lie)), "without a proper table");           // count
      expect_error(make(with_u64(good, second, lie)), "without a proper table");       // offset
      expect_error(make(with_u64(good, second + 8, lie)), "without a proper table");   // size
      expect_error(make(with_u64(good, second + 16, lie)), "without a proper table");  // id
    }
  }
}

TEST(HostileCodeObjects, ATableThatNeverEndsIsRefusedAfter64KiB) {
  const std::string endless =
      "__CLANG_OFFLOAD_BUNDLE__" + little<std::uint64_t>(2000) + std::string(1U << 20U, '\0');
  ASSERT_TRUE(read(endless));  // 2000 empty entries: fits
  std::string longer = "__CLANG_OFFLOAD_BUNDLE__" + little<std::uint64_t>(2000);
  for (int i = 0; i < 2000; ++i) {
    longer += little<std::uint64_t>(0) + little<std::uint64_t>(0) + little<std::uint64_t>(100) +
              std::string(100, 'i');
  }
  expect_error(longer, "without a proper table");
  expect_error(compressed(3, longer), "without a proper table");
}

TEST(HostileCodeObjects, SizesOfACompressedBundleThatLieAreRefused) {
  const std::string good = compressed(3, bundle({hip_id("gfx1030")}));
  expect_error(with_u64(good, 8, good.size() + 1), "reaches beyond");
  expect_error(with_u64(good, 8, ~std::uint64_t{0}), "reaches beyond");
  expect_error(with_u64(good, 8, 31), "reaches beyond");
  expect_error(with_u64(good, 8, 40), "truncated");
  expect_error(with_u64(good, 16, 100), "without a proper table");
}

TEST(HostileCodeObjects, WhatIsNotZstdOrHasNoBundleInsideIsRefused) {
  const std::string plain = bundle({hip_id("gfx1030")});
  expect_error(compressed_around(3, 1, noise(5000), plain.size()), "zstd does not accept");
  expect_error(compressed_around(1, 1, noise(5000), plain.size()), "without a whole zstd frame");
  expect_error(compressed(2, std::string(5000, 'x')), "without a proper table");
  expect_error(compressed(2, "__CLANG_OFFLOAD"), "without a proper table");
  expect_error(compressed(2, ""), "without a proper table");
  expect_error(compressed(2, compressed(2, plain)), "without a proper table");
}

// 64 MiB of a byte in a few KiB: only the table is unpacked.
TEST(HostileCodeObjects, ABombIsNotDecompressed) {
  const std::string bomb = compressed(3, bundle({hip_id("gfx1030")}, std::string(64U << 20U, 'b')));
  ASSERT_LT(bomb.size(), 64U << 10U);
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_EQ(read(bomb)->targets, std::vector<std::string>{"gfx1030"});
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 8 << 10);
}

TEST(HostileCodeObjects, MoreBundlesThanAnyLibraryHasAreRefused) {
  std::string many;
  const std::string empty = "__CLANG_OFFLOAD_BUNDLE__" + little<std::uint64_t>(0);
  for (int i = 0; i < 65536; ++i) {
    many += empty;
  }
  EXPECT_EQ(read(many)->bundles, 65536U);
  expect_error(many + empty, "more than 65536 bundles");
}

TEST(HostileCodeObjects, AFrameOfEmptyBlocksEnds) {
  // Version 1 does not have its size: the blocks are followed. Each of these has no content.
  std::string frame = zstd("").substr(0, 6);
  for (int i = 0; i < 1100000; ++i) {
    frame += std::string(3, '\0');
  }
  const auto begin = std::chrono::steady_clock::now();
  expect_error(compressed_around(1, 1, frame, 1U << 20U), "without a whole zstd frame");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

std::uint64_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  file >> name >> value;
  return value;
}

TEST(HostileCodeObjects, OfNoBundleMoreIsReadThanOneBlock) {
  const std::vector<std::string> ids(30, hip_id("gfx1030"));
  const std::string code = dense_code(200000);
  const auto read_of = [](const std::string& content) {
    const TemporaryTree tree;
    tree.write("libtest.so", content);
    const Root root = tree.root();
    const std::uint64_t before = bytes_read();
    EXPECT_TRUE(read_code_objects(root, "/libtest.so"));
    return bytes_read() - before;
  };
  const std::uint64_t plain = read_of(bundle(ids, code));
  EXPECT_GT(plain, 4000U);  // else the kernel does not count
  EXPECT_LE(plain, 64U << 10U);
  EXPECT_LE(read_of(compressed(2, bundle(ids, std::string(200000, 'c')))), 64U << 10U);
  // zstd unpacks a block whole or not at all, and of this code one has 100 KiB.
  EXPECT_LE(read_of(compressed(1, bundle(ids, code))), 140U << 10U);
}

// A mapping would end the process by SIGBUS here.
TEST(HostileCodeObjects, AFileThatShrinksWhileItIsReadIsAnError) {
  const TemporaryTree tree;
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += padded(bundle({hip_id("gfx1030")}), 4096);
  }
  const std::string file = hip_library(many, 2000);
  tree.write("libtest.so", file);
  const Root root = tree.root();
  bool shorter = false;
  for (int turn = 0; turn < 2000 && !shorter; ++turn) {
    tree.write("libtest.so", file);
    std::thread shrinking([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(turn % 50 * 100));
      EXPECT_EQ(::truncate(tree.at("libtest.so").c_str(), 5000), 0);
    });
    const auto objects = read_code_objects(root, "/libtest.so");
    shrinking.join();
    shorter = !objects && objects.error().what.find("became shorter") != std::string::npos;
  }
  EXPECT_TRUE(shorter);
}

}  // namespace
}  // namespace rocmfix
