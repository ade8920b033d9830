// SPDX-License-Identifier: MIT
// Devices that every machine has stand in for /dev/kfd: what counts is the number.
#include "machine/kfd_users.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "temporary_tree.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

const dev_t full_device = makedev(1, 7);

TEST(KfdUsers, ADeviceIsKnownByItsNumber) {
  const auto root = Root::open("/");
  EXPECT_EQ(has_device_open(*root, "/proc/self", full_device), HasOpen::no);
  const FileDescriptor full(::open("/dev/full", O_RDWR));
  EXPECT_EQ(has_device_open(*root, "/proc/self", full_device), HasOpen::yes);
  EXPECT_EQ(has_device_open(*root, "/proc/self", makedev(1, 6)), HasOpen::no);
}

TEST(KfdUsers, AFileIsNotADeviceWhateverItsName) {
  const TemporaryTree tree;
  tree.write("dev/full", "x");
  const FileDescriptor file(::open(tree.at("dev/full").c_str(), O_RDONLY));
  const auto root = Root::open("/");
  EXPECT_EQ(has_device_open(*root, "/proc/self", full_device), HasOpen::no);
}

TEST(KfdUsers, AMappingIsKnownByDeviceAndInode) {
  const TemporaryTree tree;
  tree.write("dev/kfd", "x");
  tree.write("other", "x");
  struct stat mapped {};
  struct stat other {};
  ASSERT_EQ(::stat(tree.at("dev/kfd").c_str(), &mapped), 0);
  ASSERT_EQ(::stat(tree.at("other").c_str(), &other), 0);
  const FileDescriptor file(::open(tree.at("dev/kfd").c_str(), O_RDONLY));
  void* const address = ::mmap(nullptr, 1, PROT_READ, MAP_SHARED, file.get(), 0);
  ASSERT_NE(address, MAP_FAILED);
  const auto root = Root::open("/");
  const auto maps = root->read("/proc/self/maps");
  ASSERT_TRUE(maps);
  EXPECT_TRUE(maps_file(*maps, {mapped.st_dev, mapped.st_ino, ""}));
  EXPECT_FALSE(maps_file(*maps, {other.st_dev, other.st_ino, ""}));
  EXPECT_FALSE(maps_file(*maps, {0, 0, "/dev/kfd"}));
  EXPECT_FALSE(maps_file(*maps, {0, 0, ""}));
  ::munmap(address, 1);
}

TEST(KfdUsers, APathIsTheWholeOfIt) {
  constexpr std::string_view maps =
      "7f00-7f01 rw-s 00000000 00:06 9                /tmp/dev/kfd\n"
      "7f00-7f01 rw-p 00000000 00:00 0 \n"
      "7f00-7f01 rw-s 00000000 00:06 9                /dev/kfd (deleted)\n";
  EXPECT_FALSE(maps_file(maps, {0, 0, "/dev/kfd"}));
  EXPECT_TRUE(maps_file(std::string(maps) + "1-2 rw-s 0 00:06 9   /dev/kfd", {0, 0, "/dev/kfd"}));
  EXPECT_FALSE(maps_file("", {0, 0, "/dev/kfd"}));
  EXPECT_FALSE(maps_file("\n\n x", {0, 0, "/dev/kfd"}));
}

}  // namespace
}  // namespace rocmfix::detail
