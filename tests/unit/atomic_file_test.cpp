// SPDX-License-Identifier: MIT
#include "base/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries_in(const std::filesystem::path& path) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path),
                                                std::filesystem::directory_iterator()));
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat st = {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_mode & 07777U : 0;
}

TEST(AtomicFile, CreatesTheDirectoriesAndTheFileWhateverTheUmask) {
  const TemporaryTree tree;
  const Root root = tree.root();
  const mode_t old = ::umask(0077);
  auto directory = AtomicDirectory::create(root, "/etc/modprobe.d");
  ASSERT_TRUE(directory);
  ASSERT_TRUE(directory->write("a.conf", {"text\n", 0644, {}, {}}));
  ::umask(old);
  EXPECT_EQ(text_of(tree.at("etc/modprobe.d/a.conf")), "text\n");
  EXPECT_EQ(mode_of(tree.at("etc/modprobe.d/a.conf")), 0644U);
  EXPECT_EQ(mode_of(tree.at("etc/modprobe.d")), 0755U);
  EXPECT_EQ(entries_in(tree.at("etc/modprobe.d")), 1U);
}

TEST(AtomicFile, KeepsModeAndOwner) {
  const TemporaryTree tree;
  tree.write("d/a", "old");
  std::filesystem::permissions(tree.at("d/a"), std::filesystem::perms(0600));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(tree.at("d/a").c_str(), 1, 2), 0);
  }
  const Root root = tree.root();
  auto directory = AtomicDirectory::open(root, "/d");
  auto content = directory->read("a");
  ASSERT_TRUE(content && *content);
  (*content)->text = "new";
  ASSERT_TRUE(directory->write("b", **content));
  struct stat st = {};
  ASSERT_EQ(::stat(tree.at("d/b").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0600U);
  EXPECT_EQ(st.st_uid, ::geteuid() == 0 ? 1U : ::geteuid());
  EXPECT_EQ(st.st_gid, ::geteuid() == 0 ? 2U : ::getegid());
}

TEST(AtomicFile, RefusesALinkInsteadOfAFile) {
  const TemporaryTree tree;
  tree.write("target", "precious");
  tree.link("d/a", tree.at("target").string());
  tree.link("d/dangling", "nowhere");
  std::filesystem::create_directories(tree.at("d/dir"));
  ASSERT_EQ(::mkfifo(tree.at("d/fifo").c_str(), 0644), 0);
  const Root root = tree.root();
  auto directory = AtomicDirectory::open(root, "/d");
  for (const char* name : {"a", "dangling", "dir", "fifo"}) {
    const auto read = directory->read(name);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code, ErrorCode::refused);
    EXPECT_FALSE(read.error().hint.empty());
    const auto written = directory->write(name, {"x", 0644, {}, {}});
    ASSERT_FALSE(written) << name;
    EXPECT_EQ(written.error().code, ErrorCode::refused);
  }
  EXPECT_EQ(text_of(tree.at("target")), "precious");
  EXPECT_TRUE(std::filesystem::is_symlink(tree.at("d/a")));
}

TEST(AtomicFile, ADirectoryLinkStaysInTheRoot) {
  const TemporaryTree tree;
  const TemporaryTree outside;
  outside.write("d/keep", "x");
  tree.link("etc/modprobe.d", outside.at("d").string());
  const Root root = tree.root();
  const auto directory = AtomicDirectory::create(root, "/etc/modprobe.d");
  EXPECT_FALSE(directory);
  EXPECT_EQ(entries_in(outside.at("d")), 1U);

  tree.link("etc/other.d", "/real");
  std::filesystem::create_directories(tree.at("real"));
  auto inside = AtomicDirectory::create(root, "/etc/other.d");
  ASSERT_TRUE(inside);
  ASSERT_TRUE(inside->write("a", {"x", 0644, {}, {}}));
  EXPECT_EQ(text_of(tree.at("real/a")), "x");
}

TEST(AtomicFile, APlantedTemporaryIsNotFollowed) {
  const TemporaryTree tree;
  tree.write("target", "precious");
  tree.link("d/.a.new", tree.at("target").string());
  const Root root = tree.root();
  auto directory = AtomicDirectory::open(root, "/d");
  ASSERT_TRUE(directory->write("a", {"x", 0644, {}, {}}));
  EXPECT_EQ(text_of(tree.at("target")), "precious");
  EXPECT_EQ(text_of(tree.at("d/a")), "x");
  EXPECT_EQ(entries_in(tree.at("d")), 1U);
}

TEST(AtomicFile, ReplacingDoesNotChangeWhatAReaderHasOpen) {
  const TemporaryTree tree;
  tree.write("d/a", "old");
  std::ifstream reader(tree.at("d/a"));
  const Root root = tree.root();
  ASSERT_TRUE(AtomicDirectory::open(root, "/d")->write("a", {"newer", 0644, {}, {}}));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
  EXPECT_EQ(text_of(tree.at("d/a")), "newer");
}

TEST(AtomicFile, RemovingAMissingFileIsNotAnError) {
  const TemporaryTree tree;
  tree.write("d/a", "");
  const Root root = tree.root();
  auto directory = AtomicDirectory::open(root, "/d");
  EXPECT_TRUE(directory->remove("a"));
  EXPECT_TRUE(directory->remove("a"));
  EXPECT_FALSE(std::filesystem::exists(tree.at("d/a")));
}

TEST(AtomicFile, AnOversizedFileIsRefused) {
  const TemporaryTree tree;
  tree.write("d/a", std::string((1U << 20U) + 1, 'x'));
  const Root root = tree.root();
  const auto read = AtomicDirectory::open(root, "/d")->read("a");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
}

TEST(AtomicFile, AnEmptyDirectoryGoesAFullOneStays) {
  const TemporaryTree tree;
  tree.write("var/lib/full/x", "");
  std::filesystem::create_directories(tree.at("var/lib/empty"));
  const Root root = tree.root();
  remove_empty_directory(root, "/var/lib/full");
  remove_empty_directory(root, "/var/lib/empty");
  remove_empty_directory(root, "/var/lib/missing");
  EXPECT_TRUE(std::filesystem::exists(tree.at("var/lib/full/x")));
  EXPECT_FALSE(std::filesystem::exists(tree.at("var/lib/empty")));
}

}  // namespace
}  // namespace rocmfix::detail
