// SPDX-License-Identifier: MIT
// Images are made here with cpio archives written byte by byte and packed by libarchive.
#include "initramfs.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

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

// A 64-bit ELF object with one section, .modinfo: what libkmod reads.
std::string module_with(const std::string& modinfo, const std::string& code = "") {
  const std::string names = std::string("\0.modinfo\0.shstrtab\0", 20);
  const std::string body = modinfo + names + code;
  const auto le = [](std::uint64_t value, unsigned bytes) {
    std::string text;
    for (unsigned i = 0; i < bytes; ++i) {
      text += static_cast<char>(value >> (8U * i) & 0xffU);
    }
    return text;
  };
  const auto section = [&le](unsigned name, unsigned type, std::uint64_t at, std::uint64_t size) {
    return le(name, 4) + le(type, 4) + le(0, 8) + le(0, 8) + le(at, 8) + le(size, 8) + le(0, 4) +
           le(0, 4) + le(1, 8) + le(0, 8);
  };
  std::string elf = std::string(
      "\x7f"
      "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
      16);
  elf += le(1, 2) + le(62, 2) + le(1, 4) + le(0, 8) + le(0, 8) + le(64 + body.size(), 8) +
         le(0, 4) + le(64, 2) + le(0, 2) + le(0, 2) + le(64, 2) + le(3, 2) + le(2, 2);
  elf += body + section(0, 0, 0, 0) + section(1, 1, 64, modinfo.size()) +
         section(10, 3, 64 + modinfo.size(), names.size());
  return elf;
}

std::string modinfo(const std::string& version, const std::string& srcversion) {
  return "version=" + version + '\0' + "srcversion=" + srcversion + '\0' + "vermagic=6.1.0" + '\0';
}

using Filter = int (*)(archive*);

std::string pack(const std::string& data, Filter filter) {
  std::string out(data.size() + (1U << 16U), '\0');
  std::size_t used = 0;
  archive* writer = ::archive_write_new();
  ::archive_write_set_format_raw(writer);
  filter(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = ::archive_entry_new();
  ::archive_entry_set_filetype(entry, AE_IFREG);
  ::archive_write_header(writer, entry);
  ::archive_write_data(writer, data.data(), data.size());
  ::archive_entry_free(entry);
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  out.resize(used);
  return out;
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

void expect_whole(const Result<std::optional<Initramfs>>& image, const std::string& what) {
  ASSERT_TRUE(image) << what << ": " << to_string(image.error());
  ASSERT_TRUE(*image) << what;
  EXPECT_TRUE((*image)->has_amdgpu) << what;
  ASSERT_TRUE((*image)->amdgpu) << what;
  EXPECT_EQ((*image)->amdgpu->version, "0.1.0") << what;
  EXPECT_EQ((*image)->amdgpu->srcversion, "AAAA") << what;
  EXPECT_EQ((*image)->amdgpu->path, "/" + ko_path) << what;
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
      {"bzip2", [](const std::string& data) { return pack(data, archive_write_add_filter_bzip2); }},
  };
  for (const auto& [name, way] : ways) {
    tree.write(image_path, way(main_archive()));
    expect_whole(read_initramfs(tree.root(), release), name);
    tree.write(image_path, early() + way(main_archive()));
    expect_whole(read_initramfs(tree.root(), release), name + " after microcode");
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
    ASSERT_TRUE((*image)->amdgpu) << suffix;
    EXPECT_EQ((*image)->amdgpu->srcversion, "AAAA") << suffix;
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
  EXPECT_FALSE((*image)->has_amdgpu);
}

TEST(Initramfs, TruncatedAnywhereNeverPassesForWhole) {
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
      EXPECT_TRUE(between || !image || (*image)->amdgpu) << size << " of " << whole.size();
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

TEST(Initramfs, ADamagedModuleIsSeenAsSuch) {
  const TemporaryTree tree;
  tree.write(image_path, newc(ko_path,
                              "\x7f"
                              "ELF and no more") +
                             trailer());
  const auto image = read_initramfs(tree.root(), release);
  ASSERT_TRUE(image && *image);
  EXPECT_TRUE((*image)->has_amdgpu);
  EXPECT_FALSE((*image)->amdgpu);
}

ModuleIdentity identity_of(const std::string& bytes) {
  ModuleCollector collector;
  collector.add(bytes);
  return collector.identify("/x").value_or(ModuleIdentity());
}

TEST(ModuleFile, TellsCopiesApart) {
  const ModuleIdentity one = identity_of(module_with(modinfo("0.1.0", "AAAA")));
  EXPECT_EQ(same_module(one, identity_of(module_with(modinfo("0.1.0", "AAAA")))), true);
  EXPECT_EQ(same_module(one, identity_of(module_with(modinfo("0.1.0", "BBBB")))), false);
  EXPECT_EQ(same_module(one, identity_of(module_with(modinfo("0.1.0", "AAAA"), "signed"))), true);
  const ModuleIdentity stock = identity_of(module_with(std::string("vermagic=6.1.0\0", 15)));
  EXPECT_EQ(same_module(one, stock), false);
  EXPECT_EQ(same_module(stock, identity_of(module_with(std::string("vermagic=6.1.0\0", 15)))),
            true);
  EXPECT_EQ(same_module(stock, identity_of(module_with(std::string("vermagic=6.1.0\0", 15), "x"))),
            std::nullopt);
}

TEST(ModuleFile, IsReadFromARoot) {
  const TemporaryTree tree;
  const std::string ko = module_with(modinfo("0.1.0", "AAAA"));
  tree.write("lib/a.ko", ko);
  tree.write("lib/a.ko.xz", pack(ko, archive_write_add_filter_xz));
  tree.write("lib/bad.ko", "text");
  const auto plain = identify_module(tree.root(), "/lib/a.ko");
  const auto packed = identify_module(tree.root(), "/lib/a.ko.xz");
  ASSERT_TRUE(plain && packed);
  EXPECT_EQ(plain->sum, packed->sum);
  EXPECT_EQ(same_module(*plain, *packed), true);
  EXPECT_FALSE(identify_module(tree.root(), "/lib/bad.ko"));
  EXPECT_EQ(identify_module(tree.root(), "/lib/none.ko").error().errnum, ENOENT);
}

}  // namespace
}  // namespace rocmfix::detail
