// SPDX-License-Identifier: MIT
// What is read of a module's file, however it is packed, damaged or made.
#include "verify/module_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "cost.hpp"
#include "kernel_module.hpp"
#include "rocmfix/driver.hpp"
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
const std::string module_path = "lib/modules/6.1.0-56-amd64/updates/amdgpu.ko";

const std::vector<std::pair<std::string, Filter>>& packings() {
  static const std::vector<std::pair<std::string, Filter>> all = {
      {".xz", archive_write_add_filter_xz},
      {".zst", archive_write_add_filter_zstd},
      {".gz", archive_write_add_filter_gzip}};
  return all;
}

ModuleIdentity identity_of(const std::string& bytes) {
  ModuleCollector collector;
  collector.add(bytes);
  return std::move(collector).identify("/x", "x").value_or(ModuleIdentity());
}

TEST(ModuleFile, DistinguishesCopies) {
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

std::optional<InstalledModule> installed_in(const TemporaryTree& tree) {
  tree.write("proc/sys/kernel/osrelease", std::string(release) + "\n");
  return inspect_driver(tree.root()).installed;
}

TEST(ModuleFile, IsTheSameHoweverItIsPacked) {
  const std::string whole = module_with(
      modinfo("0.1.0", "AAAA") + "parm=noretry:Retry" + '\0' + "parmtype=noretry:int" + '\0',
      std::string(300'000, 'c'));
  for (const auto& [suffix, filter] : packings()) {
    const TemporaryTree tree;
    tree.write(module_path + suffix, pack(whole, filter));
    const auto module = installed_in(tree);
    ASSERT_TRUE(module) << suffix;
    EXPECT_FALSE(module->unread) << suffix << ": " << to_string(*module->unread);
    EXPECT_EQ(module->version, "0.1.0") << suffix;
    EXPECT_EQ(module->parameters.at("noretry"), "Retry (int)") << suffix;
  }
}

TEST(ModuleFile, AFifoIsNotWaitedFor) {
  const TemporaryTree tree;
  tree.write(module_path, "");
  std::filesystem::remove(tree.at(module_path));
  ASSERT_EQ(::mkfifo(tree.at(module_path).c_str(), 0644), 0);
  const Cost cost = cost_of([&] {
    const auto module = installed_in(tree);
    return module && module->version == std::nullopt &&
           identify_module(tree.root(), "/" + module_path).error().code == ErrorCode::invalid;
  });
  EXPECT_EQ(cost.status, 0);
}

// libkmod 30 ends the process by an assertion on some of these.
TEST(ModuleFile, DamageIsAnErrorNotAnAbort) {
  const std::string whole = module_with(modinfo("0.1.0", "AAAA"));
  const std::size_t sections = whole.size() - 3 * std::size_t{64};
  const TemporaryTree tree;
  const auto survives = [&](const std::string& bytes, const std::string& what) {
    tree.write(module_path, bytes);
    const Cost cost = cost_of([&] {
      return installed_in(tree).has_value() &&
             (identify_module(tree.root(), "/" + module_path) || true);
    });
    EXPECT_EQ(cost.status, 0) << what;
  };
  for (const std::size_t start : {std::size_t{0}, sections + 64, sections + 128}) {
    for (std::size_t at = start; at < start + 64; at += 4) {
      for (const std::uint32_t value : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
        std::string bytes = whole;
        bytes.replace(at, 4, test::little_endian(value, 4));
        survives(bytes, fmt::format("{:#x} at {}", value, at));
      }
    }
  }
  for (std::size_t size = 0; size < whole.size(); size += 41) {
    survives(whole.substr(0, size), fmt::format("cut at {}", size));
  }
  // A .modinfo without an end.
  survives(module_with("version"), "no NUL");
}

TEST(ModuleFile, ABombIsNotDecompressed) {
  for (const auto& [suffix, filter] : packings()) {
    const TemporaryTree tree;
    tree.write(module_path + suffix,
               bomb(module_with(modinfo("0.1.0", "AAAA")), 8U << 10U, filter));
    const Cost cost = cost_of([&] {
      const auto module = installed_in(tree);
      return module && !module->version &&
             !identify_module(tree.root(), "/" + module_path + suffix);
    });
    EXPECT_EQ(cost.status, 0) << suffix;
    EXPECT_LT(cost.cpu_seconds, 5 * test::slowdown) << suffix;
    EXPECT_LT(cost.peak_mib, test::can_limit_memory ? 150 : 1000) << suffix;
  }
}

TEST(ModuleFile, WhyItIsNotReadIsKept) {
  const TemporaryTree tree;
  const std::string suffix = packings().front().first;
  tree.write(module_path + suffix,
             bomb(module_with(modinfo("0.1.0", "AAAA")), 512, packings().front().second));
  auto module = installed_in(tree);
  ASSERT_TRUE(module && module->unread);
  EXPECT_EQ(module->unread->code, ErrorCode::refused);
  tree.write(module_path, "no ELF file");
  module = installed_in(tree);
  ASSERT_TRUE(module && module->unread);
  EXPECT_EQ(module->file, "/" + module_path);
  EXPECT_EQ(module->unread->code, ErrorCode::invalid);
}

TEST(ModuleFile, APackedOneThatIsCutOffIsDamaged) {
  std::string noise;
  unsigned state = 1;
  for (int i = 0; i < 200'000; ++i) {
    noise += static_cast<char>((state = state * 1103515245U + 12345U) >> 16U);
  }
  const std::string whole = module_with(modinfo("0.1.0", "AAAA"), noise);
  for (const auto& [suffix, filter] : packings()) {
    const TemporaryTree tree;
    const std::string packed = pack(whole, filter);
    for (const std::size_t left : {packed.size() - 1, packed.size() / 2, std::size_t{7}}) {
      tree.write(module_path + suffix, packed.substr(0, left));
      const auto module = installed_in(tree);
      ASSERT_TRUE(module && module->unread) << suffix << " " << left;
      EXPECT_EQ(module->unread->code, ErrorCode::invalid) << suffix << " " << left;
    }
  }
}

// Describing one parameter a hundred thousand times took minutes.
TEST(ModuleFile, RepetitionInModinfoCostsNoMoreThanItsSize) {
  std::string section;
  while (section.size() < (1U << 20U) - 16) {
    section += std::string("parm=a:bbbb\0", 12);
  }
  const TemporaryTree tree;
  tree.write(module_path, module_with(section));
  const Cost cost = cost_of([&] { return installed_in(tree)->parameters.at("a") == "bbbb"; });
  EXPECT_EQ(cost.status, 0);
  EXPECT_LT(cost.cpu_seconds, 3 * test::slowdown);
}

}  // namespace
}  // namespace rocmfix::detail
