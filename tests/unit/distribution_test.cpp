// SPDX-License-Identifier: MIT
// Which command installs a package, by the distribution's os-release; and that packages.toml is
// whole.
#include "base/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/package_table.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

std::string hint_on(std::string_view os_release, std::string_view package) {
  const test::TemporaryTree tree;
  tree.write("/etc/os-release", os_release);
  return install_hint(read_os_release(tree.root()), package, "6.9");
}

TEST(Distribution, ItsOwnCommandAndNameAreInTheHint) {
  EXPECT_EQ(hint_on("ID=debian\n", "libarchive"), "sudo apt install libarchive-tools");
  EXPECT_EQ(hint_on("ID=fedora\n", "libarchive"), "sudo dnf install libarchive");
  EXPECT_EQ(hint_on("ID=arch\n", "g++"), "sudo pacman -S gcc");
  EXPECT_EQ(hint_on("ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n", "libarchive"),
            "sudo zypper install libarchive13");
}

TEST(Distribution, OneThatIsLikeAnotherTakesItsNames) {
  EXPECT_EQ(hint_on("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "openssl"),
            "sudo apt install openssl");
  EXPECT_EQ(hint_on("ID=cachyos\nID_LIKE=arch\n", "mesa-vulkan-drivers"),
            "sudo pacman -S vulkan-radeon");
}

TEST(Distribution, TheKernelsReleaseIsInTheNameWhereItBelongs) {
  EXPECT_EQ(hint_on("ID=fedora\n", "kernel-headers"), "sudo dnf install kernel-devel-6.9");
  EXPECT_EQ(hint_on("ID=arch\n", "kernel-headers"), "sudo pacman -S linux-headers");
}

TEST(Distribution, WhatIsNotKnownIsSaidInWords) {
  EXPECT_EQ(hint_on("ID=alpine\n", "openssl"), "install your distribution's package of openssl");
  EXPECT_EQ(hint_on("", "openssl"), "install your distribution's package of openssl");
  EXPECT_EQ(hint_on("ID=fedora\n", "never-heard-of"),
            "install your distribution's package of never-heard-of");
  EXPECT_NE(hint_on("ID=fedora\n", "rocmfix-dkms").find("docs/guide/other-distributions.md"),
            std::string::npos);
}

TEST(Distribution, OneUnknownNameOfSeveralGivesNoCommand) {
  const std::array<std::string_view, 2> packages = {"curl", "rocmfix-sim"};
  OsRelease os;
  os.id = "fedora";
  EXPECT_EQ(install_command(os, packages), std::nullopt);
  os.id = "debian";
  EXPECT_EQ(install_command(os, packages), "sudo apt install curl rocmfix-sim");
}

TEST(Distribution, EveryFamilyHasAnUpdate) {
  OsRelease os;
  for (const PackageFamily& family : package_families) {
    os.id = family.name;
    EXPECT_EQ(update_command(os), family.update);
    const std::string_view package = "curl";
    EXPECT_EQ(newest_command(os, {&package, 1}), std::string(family.newest) + " curl");
    EXPECT_EQ(newest_command(os, {&package, 1})->substr(0, 5), "sudo ");
    EXPECT_EQ(update_command(os).substr(0, 5), "sudo ");
  }
  os.id = "alpine";
  EXPECT_EQ(update_command(os), "");
}

// A name that is missing on one distribution is so on purpose: then there are words for it.
TEST(Distribution, APackageHasAllNamesOrWordsInstead) {
  EXPECT_GT(package_names.size(), 5U);
  for (const PackageNames& names : package_names) {
    EXPECT_FALSE(names.debian.empty()) << names.name;
    EXPECT_FALSE(names.source.empty()) << names.name;
    const std::array<std::string_view, 3> others = {names.fedora, names.arch, names.suse};
    EXPECT_EQ(std::any_of(others.begin(), others.end(), [](auto name) { return name.empty(); }),
              !names.elsewhere.empty())
        << names.name;
  }
}

}  // namespace
}  // namespace rocmfix::detail
