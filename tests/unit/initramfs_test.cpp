// SPDX-License-Identifier: MIT
// Images are made here with cpio archives written byte by byte and packed by libarchive.
#include "verify/initramfs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "cost.hpp"
#include "kernel_module.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::bomb;
using test::Cost;
using test::cost_of;
using test::Filter;
using test::modinfo;
using test::module_with;
using test::pack;
using test::TemporaryTree;

constexpr const char* release = "6.1.0-56-amd64";
constexpr const char* image_path = "boot/initrd.img-6.1.0-56-amd64";

std::string padded(std::string text) {
  text.resize((text.size() + 3U) & ~std::size_t{3});
  return text;
}

std::string newc(const std::string& path, const std::string& data, unsigned mode = 0100644) {
  std::string entry = fmt::format(
      "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}"
      "{:08x}{:08x}{:08x}",
      1, mode, 0, 0, 1, 0, data.size(), 0, 0, 0, 0, path.size() + 1, 0);
  return padded(entry + path + '\0') + padded(data);
}

std::string trailer() {
  return newc("TRAILER!!!", "", 0);
}

std::string early() {
  return newc("kernel", "", 040755) + newc("kernel/x86/microcode/AuthenticAMD.bin", "ucode123") +
         trailer() + std::string(512, '\0');
}

const std::string ko_path = "usr/lib/modules/6.1.0-56-amd64/updates/dkms/amdgpu.ko";

std::string main_archive() {
  return newc(".", "", 040755) + newc("etc/modprobe.d/rocmfix.conf", "options amdgpu noretry=1\n") +
         newc("etc/modprobe.d/other.conf", "options snd a=1\n") + newc("bin/sh", "#!") +
         newc(ko_path, module_with(modinfo("0.1.0", "AAAA"))) + trailer();
}

// As mkinitramfs packs with lz4, which libarchive cannot write: one block, of literals alone.
std::string lz4_legacy(const std::string& data) {
  std::string block = "\xf0";
  std::size_t more = data.size() - 15;
  for (; more >= 255; more -= 255) {
    block += '\xff';
  }
  block += static_cast<char>(more) + data;
  return "\x02\x21\x4c\x18" + test::little_endian(block.size(), 4) + block;
}

void expect_whole(const Result<std::optional<Initramfs>>& image, const std::string& what) {
  ASSERT_TRUE(image) << what << ": " << to_string(image.error());
  ASSERT_TRUE(*image) << what;
  ASSERT_TRUE((*image)->amdgpu && *(*image)->amdgpu) << what;
  EXPECT_EQ((**(*image)->amdgpu).version, "0.1.0") << what;
  EXPECT_EQ((**(*image)->amdgpu).srcversion, "AAAA") << what;
  EXPECT_EQ((**(*image)->amdgpu).path, "/" + ko_path) << what;
  ASSERT_EQ((*image)->lines.size(), 2U) << what;
  EXPECT_EQ((*image)->lines[1].file, "/etc/modprobe.d/rocmfix.conf") << what;
  EXPECT_EQ((*image)->lines[1].rest, "noretry=1") << what;
}

TEST(Initramfs, IsReadHoweverItIsPacked) {
  const TemporaryTree tree;
  const std::vector<std::pair<std::string, std::function<std::string(const std::string&)>>> ways = {
      {"none", [](const std::string& data) { return data; }},
      {"gzip", [](const std::string& data) { return pack(data, archive_write_add_filter_gzip); }},
      {"zstd", [](const std::string& data) { return pack(data, archive_write_add_filter_zstd); }},
      {"xz", [](const std::string& data) { return pack(data, archive_write_add_filter_xz); }},
      {"lzma", [](const std::string& data) { return pack(data, archive_write_add_filter_lzma); }},
      {"lz4", [](const std::string& data) { return pack(data, archive_write_add_filter_lz4); }},
      {"lz4 -l", lz4_legacy},
      {"bzip2", [](const std::string& data) { return pack(data, archive_write_add_filter_bzip2); }},
  };
  for (const auto& [name, way] : ways) {
    tree.write(image_path, way(main_archive()));
    expect_whole(read_initramfs(tree.root(), release), name);
    tree.write(image_path, early() + way(main_archive()));
    expect_whole(read_initramfs(tree.root(), release), name + " after microcode");
    // libarchive's zstd and lz4 -l refuse what follows before they have given all of what was
    // whole.
    if (name != "zstd" && name != "lz4 -l") {
      tree.write(image_path, way(main_archive()) + std::string(512, '\0'));
      expect_whole(read_initramfs(tree.root(), release), name + " and zeros");
    }
  }
}

TEST(Initramfs, ModulesInTheUncompressedPartAndPackedOneByOne) {
  const TemporaryTree tree;
  const std::string ko = module_with(modinfo("0.1.0", "AAAA"));
  const std::string rest = newc("etc/modprobe.d/a.conf", "options amdgpu a=1\n") + trailer();
  for (const auto& [suffix, filter] :
       {std::pair<std::string, Filter>{".xz", archive_write_add_filter_xz},
        {".zst", archive_write_add_filter_zstd},
        {".gz", archive_write_add_filter_gzip}}) {
    tree.write(image_path, newc("./" + ko_path + suffix, pack(ko, filter)) + trailer() +
                               pack(rest, archive_write_add_filter_zstd));
    const auto image = read_initramfs(tree.root(), release);
    ASSERT_TRUE(image && *image) << suffix;
    ASSERT_TRUE((*image)->amdgpu && *(*image)->amdgpu) << suffix;
    EXPECT_EQ((**(*image)->amdgpu).srcversion, "AAAA") << suffix;
    EXPECT_EQ((*image)->lines.size(), 1U) << suffix;
  }
}

TEST(Initramfs, OfAnotherKernelOrNone) {
  const TemporaryTree tree;
  EXPECT_FALSE(*read_initramfs(tree.root(), release));
  tree.write("boot/initramfs-6.1.0-56-amd64.img", main_archive());
  EXPECT_EQ((*read_initramfs(tree.root(), release))->file, "/boot/initramfs-6.1.0-56-amd64.img");
  tree.write(image_path, newc("usr/lib/modules/6.12.0/updates/dkms/amdgpu.ko", "x") + trailer());
  const auto image = read_initramfs(tree.root(), release);
  ASSERT_TRUE(image && *image);
  EXPECT_FALSE((*image)->amdgpu);
}

TEST(Initramfs, ATruncatedFileNeverPassesForAWholeOne) {
  const TemporaryTree tree;
  for (const std::string& whole :
       {early() + main_archive(), early() + pack(main_archive(), archive_write_add_filter_zstd),
        early() + pack(main_archive(), archive_write_add_filter_gzip)}) {
    // Between two archives the first one alone is a whole image; the kernel would say so, too.
    const std::size_t boundary = early().size() - 512;
    for (std::size_t size = 0; size + 12 < whole.size(); size += 7) {
      tree.write(image_path, whole.substr(0, size));
      const auto image = read_initramfs(tree.root(), release);
      const bool between = size >= boundary - 3 && size <= boundary + 512;
      EXPECT_TRUE(between || !image || ((*image)->amdgpu && *(*image)->amdgpu))
          << size << " of " << whole.size();
      EXPECT_TRUE(image || !image.error().what.empty());
    }
  }
}

TEST(Initramfs, GarbageIsAnErrorNotACrash) {
  const TemporaryTree tree;
  unsigned state = 1;
  const auto random = [&state] { return (state = state * 1103515245U + 12345U) >> 16U; };
  const std::string whole = early() + pack(main_archive(), archive_write_add_filter_gzip);
  for (int round = 0; round < 300; ++round) {
    std::string image = whole;
    for (int i = 0; i < 20; ++i) {
      image[random() % image.size()] = static_cast<char>(random());
    }
    tree.write(image_path, image);
    const auto read = read_initramfs(tree.root(), release);
    EXPECT_TRUE(read || !to_string(read.error()).empty());
  }
  tree.write(image_path, "no initramfs at all");
  EXPECT_EQ(read_initramfs(tree.root(), release).error().code, ErrorCode::failed);
  tree.write(image_path, "");
  EXPECT_EQ(read_initramfs(tree.root(), release).error().code, ErrorCode::invalid);
  tree.write(image_path, "070701" + std::string(104, 'f'));
  EXPECT_EQ(read_initramfs(tree.root(), release).error().code, ErrorCode::invalid);
}

TEST(Initramfs, AnUnreadableOneSaysSo) {
  const TemporaryTree tree;
  tree.write(image_path, main_archive());
  std::filesystem::permissions(tree.at(image_path), std::filesystem::perms(0));
  // Root reads everything, so that root's tests do it as nobody.
  const bool root = ::geteuid() == 0;
  if (root) {
    std::filesystem::permissions(tree.at(""), std::filesystem::perms(0755));
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto image = read_initramfs(tree.root(), release);
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().errnum, EACCES);
}

TEST(Initramfs, ADamagedModuleIsReportedAsSuch) {
  const TemporaryTree tree;
  tree.write(image_path, newc(ko_path,
                              "\x7f"
                              "ELF and no more") +
                             trailer());
  const auto image = read_initramfs(tree.root(), release);
  ASSERT_TRUE(image && *image);
  ASSERT_TRUE((*image)->amdgpu);
  EXPECT_EQ((*image)->amdgpu->error().code, ErrorCode::invalid);
}

// What a crafted image may take, whatever it is made of.
void expect_little(const Cost& cost, const std::string& what) {
  EXPECT_EQ(cost.status, 0) << what;
  EXPECT_LT(cost.cpu_seconds, 10 * test::slowdown) << what;
  EXPECT_LT(cost.peak_mib, test::can_limit_memory ? 200 : 1000) << what;
}

TEST(Initramfs, OneThatDecompressesToGigabytesIsNotReadToItsEndAndSaysSo) {
  for (const auto& [name, filter] :
       {std::pair<std::string, Filter>{"xz", archive_write_add_filter_xz},
        {"zstd", archive_write_add_filter_zstd},
        {"gzip", archive_write_add_filter_gzip}}) {
    const TemporaryTree tree;
    tree.write(image_path, early() + bomb(main_archive(), 8U << 10U, filter));
    const auto read = [&tree] { return read_initramfs(tree.root(), release); };
    expect_little(cost_of([&] {
                    const auto image = read();
                    return !image && image.error().code == ErrorCode::refused &&
                           image.error().what.find("not read to its end") != std::string::npos;
                  }),
                  name);
  }
}

TEST(Initramfs, ADictionaryOfGigabytesIsRefused) {
  const TemporaryTree tree;
  tree.write(image_path, std::string("\x5d\0\0\x21", 4) + std::string(60, '\xff'));
  const auto image = read_initramfs(tree.root(), release);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::refused);
}

// Nor does the kernel. Each layer of zeros is a thousand times the one above.
TEST(Initramfs, LayersOfPackingAreNotUnpackedBeyondTheFirst) {
  const TemporaryTree tree;
  const std::string once = pack(main_archive(), archive_write_add_filter_gzip);
  tree.write(image_path, pack(once, archive_write_add_filter_gzip));
  const auto image = read_initramfs(tree.root(), release);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::invalid);
}

TEST(Initramfs, ManyPackedModulesCostNoMoreThanOne) {
  const TemporaryTree tree;
  const std::string packed =
      bomb(module_with(modinfo("0.1.0", "AAAA")), 64, archive_write_add_filter_xz);
  std::string image;
  for (int i = 0; i < 40; ++i) {
    image += newc(fmt::format("usr/lib/modules/{}/updates/{}/amdgpu.ko.xz", release, i), packed);
  }
  tree.write(image_path, image + trailer());
  expect_little(cost_of([&] {
                  const auto read = read_initramfs(tree.root(), release);
                  return read && *read && (*read)->amdgpu && !*(*read)->amdgpu &&
                         (*read)->amdgpu->error().code == ErrorCode::refused;
                }),
                "40 modules");
}

TEST(Initramfs, EntriesWithoutEndAreLeft) {
  const TemporaryTree tree;
  std::string thousand;
  for (int i = 0; i < 1000; ++i) {
    thousand += newc("f", "", 040755);
  }
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all += thousand;
  }
  tree.write(image_path, all + trailer());
  const auto read = read_initramfs(tree.root(), release);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::refused);
  EXPECT_NE(read.error().what.find("more files"), std::string::npos);
}

TEST(Initramfs, ConfigurationBeyondWhatIsKeptIsNoted) {
  const TemporaryTree tree;
  const std::string line = "options amdgpu noretry=1\n";
  tree.write(image_path, newc("etc/modprobe.d/a.conf", line) + trailer());
  EXPECT_TRUE((*read_initramfs(tree.root(), release))->lines_whole);
  std::string files;
  for (int i = 0; i < 30; ++i) {
    files += newc(fmt::format("etc/modprobe.d/{}.conf", i), std::string(100'000, '#'));
  }
  tree.write(image_path, files + newc("etc/modprobe.d/z.conf", line) + trailer());
  const auto much = read_initramfs(tree.root(), release);
  ASSERT_TRUE(much && *much);
  EXPECT_FALSE((*much)->lines_whole);
  files.clear();
  for (int i = 0; i < 2000; ++i) {
    files += newc(fmt::format("etc/modprobe.d/{}.conf", i), "#");
  }
  tree.write(image_path, files + trailer());
  EXPECT_FALSE((*read_initramfs(tree.root(), release))->lines_whole);
}

TEST(Initramfs, ASparseFileIsNotReadForever) {
  const TemporaryTree tree;
  tree.write(image_path, early());
  std::filesystem::resize_file(tree.at(image_path), std::uintmax_t{1} << 36U);
  expect_little(cost_of([&] { return !read_initramfs(tree.root(), release); }), "64 GiB of zeros");
}

}  // namespace
}  // namespace rocmfix::detail
