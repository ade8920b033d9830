// SPDX-License-Identifier: MIT
// What is said of amdgpu, installed and loaded, over the synthetic roots and broken trees.
#include "rocmfix/driver.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

constexpr std::string_view stock_61 =
    "/usr/lib/modules/6.1.0-56-amd64/kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko";
constexpr std::string_view ours_61 = "/usr/lib/modules/6.1.0-56-amd64/updates/dkms/amdgpu.ko";

std::filesystem::path roots() {
  const char* const dir = std::getenv("ROCMFIX_TEST_ROOTS");  // NOLINT(concurrency-mt-unsafe)
  return dir != nullptr ? dir : "build/roots";
}

Driver driver_of(std::string_view name) {
  const auto root = Root::open(roots() / name);
  EXPECT_TRUE(root) << "build the roots first: tests/data/make-roots build/roots";
  return root ? inspect_driver(*root) : Driver{};
}

/// A copy of a root that the test may damage.
void copy_root(const TemporaryTree& tree, std::string_view name) {
  std::filesystem::copy(
      roots() / name, tree.at("/"),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
}

void remove_indexes(const TemporaryTree& tree, std::string_view release) {
  for (const auto& entry :
       std::filesystem::directory_iterator(tree.at("/usr/lib/modules") / release)) {
    if (entry.path().filename().string().starts_with("modules.")) {
      std::filesystem::remove(entry.path());
    }
  }
}

TEST(Driver, StockIsInstalledAndLoadedWithoutAVersion) {
  const Driver driver = driver_of("rx5600xt");
  EXPECT_EQ(driver.kernel_release, "6.1.0-56-amd64");
  EXPECT_EQ(driver.kernel_upstream, "6.1.192") << "of the package that /proc/version names";
  ASSERT_TRUE(driver.installed);
  EXPECT_EQ(driver.installed->file, stock_61);
  EXPECT_EQ(driver.installed->version, std::nullopt);
  EXPECT_EQ(driver.installed->srcversion, std::nullopt);
  EXPECT_EQ(driver.installed->rocmfix, std::nullopt);
  EXPECT_EQ(
      driver.installed->parameters.at("noretry"),
      "Disable retry faults (0 = retry enabled, 1 = retry disabled, -1 auto (default)) (int)");
  EXPECT_EQ(driver.installed->parameters.count("gtt_size"), 0U);
  ASSERT_TRUE(driver.loaded);
  EXPECT_EQ(driver.loaded->version, std::nullopt);
  EXPECT_EQ(driver.loaded->parameters.at("noretry"), "-1");
  EXPECT_EQ(driver.loaded->parameters.at("ppfeaturemask"), "0xfff7bfff");
  EXPECT_FALSE(driver.patched());
  EXPECT_FALSE(driver.rocmfix_active());
}

TEST(Driver, RocmfixsIsInUpdatesAndWinsOverTheStockOne) {
  const Driver driver = driver_of("rx5600xt-rocmfix");
  ASSERT_TRUE(driver.installed);
  EXPECT_EQ(driver.installed->file, ours_61);
  EXPECT_EQ(driver.installed->version, "0.1.0");
  EXPECT_EQ(driver.installed->rocmfix, "series=6.1 patches=5 source=6.1.192-2");
  EXPECT_EQ(driver.installed->parameters.count("rocmfix_mtype"), 1U);
  ASSERT_TRUE(driver.loaded);
  EXPECT_EQ(driver.loaded->version, "0.1.0");
  EXPECT_EQ(driver.loaded->srcversion, driver.installed->srcversion);
  EXPECT_NE(driver.loaded->srcversion, std::nullopt);
  EXPECT_TRUE(driver.patched());
  EXPECT_TRUE(driver.rocmfix_active());
}

TEST(Driver, RocmfixsSwitchedOffIsInstalledAndNotActive) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt-rocmfix");
  tree.write("/sys/module/amdgpu/parameters/rocmfix", "0\n");
  const Driver driver = inspect_driver(tree.root());
  EXPECT_TRUE(driver.patched());
  EXPECT_FALSE(driver.rocmfix_active());
}

TEST(Driver, RocmfixsInstalledWhileStockIsLoadedIsNotActive) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt-rocmfix");
  std::filesystem::remove(tree.at("/sys/module/amdgpu/parameters/rocmfix"));
  EXPECT_FALSE(inspect_driver(tree.root()).rocmfix_active());
}

TEST(Driver, CompressedModulesAreRead) {
  const Driver driver = driver_of("rx5600xt-73");
  EXPECT_EQ(driver.kernel_release, "7.3.4+deb13-amd64");
  ASSERT_TRUE(driver.installed);
  EXPECT_TRUE(driver.installed->file.ends_with("/amdgpu.ko.xz"));
  EXPECT_EQ(driver.installed->parameters.count("mtype_local"), 1U);
}

TEST(Driver, NotLoadedIsStillInstalled) {
  const Driver driver = driver_of("not-loaded");
  EXPECT_TRUE(driver.installed);
  EXPECT_FALSE(driver.loaded);
  EXPECT_FALSE(driver.rocmfix_active());
}

TEST(Driver, ParametersThatWereSetAreSeen) {
  const Driver driver = driver_of("rx5600xt-origin");
  ASSERT_TRUE(driver.loaded);
  EXPECT_EQ(driver.loaded->parameters.at("noretry"), "0");
  EXPECT_EQ(driver.loaded->parameters.at("vm_fragment_size"), "9");
  EXPECT_EQ(driver.loaded->parameters.at("gttsize"), "-1");
}

TEST(Driver, ComingOrGoingIsNotLoaded) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  for (const std::string_view state : {"coming\n", "going\n"}) {
    tree.write("/sys/module/amdgpu/initstate", state);
    EXPECT_FALSE(inspect_driver(tree.root()).loaded) << state;
  }
  std::filesystem::remove(tree.at("/sys/module/amdgpu/initstate"));
  EXPECT_TRUE(inspect_driver(tree.root()).loaded) << "built into the kernel";
}

TEST(Driver, IsFoundWithoutIndexesInTheUsualPlaces) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt-rocmfix");
  remove_indexes(tree, "6.1.0-56-amd64");
  const Driver ours = inspect_driver(tree.root());
  ASSERT_TRUE(ours.installed);
  EXPECT_EQ(ours.installed->file, ours_61);
  EXPECT_TRUE(ours.patched());

  std::filesystem::remove(tree.at(ours_61));
  const Driver stock = inspect_driver(tree.root());
  ASSERT_TRUE(stock.installed);
  EXPECT_EQ(stock.installed->file, stock_61);
  EXPECT_FALSE(stock.patched());

  std::filesystem::remove(tree.at(stock_61));
  EXPECT_FALSE(inspect_driver(tree.root()).installed);
}

TEST(Driver, IndexesThatDoNotNameItMeanThatModprobeWouldNotFindIt) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt-rocmfix");
  std::filesystem::remove(tree.at(ours_61));
  EXPECT_FALSE(inspect_driver(tree.root()).installed) << "depmod was not run after the removal";
}

TEST(Driver, ABrokenIndexNamesNoModuleAndEndsTheSearch) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  const std::string directory = "/usr/lib/modules/6.1.0-56-amd64/";
  tree.write(directory + "amdgpu.ko", "no line of the index leads here");
  // libkmod 30 loops for ever on this one.
  tree.write(directory + "modules.dep.bin",
             std::string_view("\xb0\x07\xf4\x57\x00\x02\x00\x01\xff\xff\xff\xff", 12));
  EXPECT_TRUE(inspect_driver(tree.root()).installed);
  for (const std::string_view content :
       {"", "garbage", ":", "\n\n", "amdgpu", "amdgpu.ko", "/amdgpu.ko.xz", "x/amdgpu.ko2: y\n",
        "kernel/amdgpu_not.ko:\n", "nowhere/amdgpu.ko:\n"}) {
    tree.write(directory + "modules.dep", content);
    EXPECT_FALSE(inspect_driver(tree.root()).installed) << content;
  }
}

TEST(Driver, AFileThatIsNotAModuleHasANameAndNothingElse) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  tree.write(stock_61, "not an ELF file");
  const Driver driver = inspect_driver(tree.root());
  ASSERT_TRUE(driver.installed);
  EXPECT_EQ(driver.installed->file, stock_61);
  EXPECT_TRUE(driver.installed->parameters.empty());
  EXPECT_FALSE(driver.patched());
}

TEST(Driver, LinksAreFollowedInsideTheRootOnly) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  std::filesystem::remove(tree.at("/lib"));
  tree.link("/lib", "/usr/lib");  // absolute: on this machine it would be the running system's
  ASSERT_TRUE(inspect_driver(tree.root()).installed);
  EXPECT_EQ(inspect_driver(tree.root()).installed->file, stock_61);

  std::filesystem::remove(tree.at("/lib"));
  tree.link("/lib", "/lib");
  EXPECT_FALSE(inspect_driver(tree.root()).installed);
}

TEST(Driver, KernelReleaseIsReadFromProcVersionElseItIsTheOnlyOneInstalled) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  tree.write("/usr/lib/modules/9.9.9/modules.order", "");
  std::filesystem::remove(tree.at("/proc/sys/kernel/osrelease"));
  EXPECT_EQ(inspect_driver(tree.root()).kernel_release, "6.1.0-56-amd64");

  std::filesystem::remove(tree.at("/proc/version"));
  EXPECT_EQ(inspect_driver(tree.root()).kernel_release, std::nullopt) << "two kernels";
  EXPECT_FALSE(inspect_driver(tree.root()).installed);

  std::filesystem::remove_all(tree.at("/usr/lib/modules/9.9.9"));
  EXPECT_EQ(inspect_driver(tree.root()).kernel_release, "6.1.0-56-amd64");
  EXPECT_TRUE(inspect_driver(tree.root()).installed);
}

TEST(Driver, AKernelReleaseThatIsAPathIsIgnored) {
  const TemporaryTree tree;
  for (const std::string_view text :
       {"../../../etc\n", "..\n", "a/b\n", "\n", "Linux version \n", "x y\n"}) {
    tree.write("/proc/sys/kernel/osrelease", text);
    tree.write("/proc/version", text);
    EXPECT_EQ(inspect_driver(tree.root()).kernel_release, std::nullopt) << text;
  }
}

TEST(Driver, ParametersForRootOnlyAreUnknownToOthers) {
  const TemporaryTree tree;
  copy_root(tree, "rx5600xt");
  std::filesystem::remove(tree.at("/sys/module/amdgpu/parameters/gttsize"));
  std::filesystem::create_directories(tree.at("/sys/module/amdgpu/parameters/gttsize"));
  const Driver driver = inspect_driver(tree.root());
  ASSERT_TRUE(driver.loaded);
  EXPECT_EQ(driver.loaded->parameters.count("gttsize"), 0U);
  EXPECT_EQ(driver.loaded->parameters.count("noretry"), 1U);
}

TEST(Driver, AnEmptyRootSaysNothing) {
  const TemporaryTree tree;
  const Driver driver = inspect_driver(tree.root());
  EXPECT_EQ(driver.kernel_release, std::nullopt);
  EXPECT_FALSE(driver.installed);
  EXPECT_FALSE(driver.loaded);
}

}  // namespace
}  // namespace rocmfix
