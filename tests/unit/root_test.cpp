// SPDX-License-Identifier: MIT
#include "rocmfix/root.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

TEST(Root, AMissingDirectoryIsAnErrorWithAHint) {
  const auto root = Root::open("/nonexistent/rocmfix");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().errnum, ENOENT);
  EXPECT_NE(root.error().hint.find("--root"), std::string::npos);
}

TEST(Root, OnlySlashIsTheRunningSystem) {
  const TemporaryTree tree;
  EXPECT_TRUE(Root::open("/")->is_system());
  EXPECT_TRUE(Root::open("/proc/..")->is_system());
  EXPECT_FALSE(tree.root().is_system());
}

TEST(Root, ReadLineTrimsAndTakesTheFirstLineOnly) {
  const TemporaryTree tree;
  tree.write("sys/a", "  0x731f \nsecond\n");
  tree.write("sys/empty", "\n");
  const Root root = tree.root();
  EXPECT_EQ(root.read_line("/sys/a"), "0x731f");
  EXPECT_EQ(root.read_line("/sys/empty"), std::nullopt);
  EXPECT_EQ(root.read_line("/sys/missing"), std::nullopt);
}

TEST(Root, ReadNumberTakesCNotationAndNothingElse) {
  const TemporaryTree tree;
  tree.write("hex", "0x10\n");
  tree.write("decimal", "4294967296\n");
  tree.write("octal", "010\n");
  tree.write("zero", "0\n");
  tree.write("junk", "12 apples\n");
  tree.write("huge", "99999999999999999999999\n");
  const Root root = tree.root();
  EXPECT_EQ(root.read_number("hex"), 16U);
  EXPECT_EQ(root.read_number("decimal"), 4294967296U);
  EXPECT_EQ(root.read_number("octal"), 8U);
  EXPECT_EQ(root.read_number("zero"), 0U);
  EXPECT_EQ(root.read_number("junk"), std::nullopt);
  EXPECT_EQ(root.read_number("huge"), std::nullopt);
}

TEST(Root, AnAbsoluteLinkStaysInsideTheRoot) {
  const TemporaryTree tree;
  tree.write("real/file", "inside");
  tree.link("link", "/real/file");
  tree.link("climb", "../../../../../../etc/passwd");
  const Root root = tree.root();
  EXPECT_EQ(*root.read("/link"), "inside");
  EXPECT_FALSE(root.read("/climb"));
  EXPECT_EQ(root.real_path("/link"), "/real/file");
}

TEST(Root, ALoopIsAnErrorAndNotAHang) {
  const TemporaryTree tree;
  tree.link("a", "b");
  tree.link("b", "a");
  const Root root = tree.root();
  const auto text = root.read("/a");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().errnum, ELOOP);
  EXPECT_FALSE(root.exists("/a"));
  EXPECT_TRUE(root.list("/a").empty());
}

TEST(Root, AFifoInsteadOfAFileDoesNotHang) {
  const TemporaryTree tree;
  ASSERT_EQ(::mkfifo(tree.at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(tree.root().read_line("/fifo"), std::nullopt);
}

TEST(Root, ReadRefusesAFileOverTheLimit) {
  const TemporaryTree tree;
  tree.write("big", std::string(10001, 'x'));
  const Root root = tree.root();
  EXPECT_FALSE(root.read("/big", 10000));
  EXPECT_EQ(root.read("/big", 10001)->size(), 10001U);
}

TEST(Root, ListIsSortedAndEmptyForANonDirectory) {
  const TemporaryTree tree;
  tree.write("d/b", "");
  tree.write("d/a", "");
  const Root root = tree.root();
  EXPECT_EQ(root.list("/d"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(root.list("/d/a").empty());
}

TEST(Root, RealPathOfTheRootItselfIsSlash) {
  const TemporaryTree tree;
  EXPECT_EQ(tree.root().real_path("/"), "/");
  EXPECT_EQ(Root::open("/")->real_path("/proc/1/.."), "/proc");
}

TEST(Root, WhatCannotBeReadIsRememberedAndWhatIsMissingIsNot) {
  const TemporaryTree tree;
  tree.write("sys/there", "x");
  tree.link("sys/loop", "loop");
  tree.link("sys/class/deep", "deep");
  tree.link("system", "system");
  const Root root = tree.root();
  EXPECT_EQ(root.read_line("/sys/there"), "x");
  EXPECT_EQ(root.read_line("/sys/missing"), std::nullopt);
  EXPECT_EQ(root.read_line("/sys/there/below"), std::nullopt);
  EXPECT_TRUE(root.unreadable("/sys").empty());
  EXPECT_EQ(root.read_line("/sys/loop"), std::nullopt);
  EXPECT_FALSE(root.exists("/sys/loop"));
  EXPECT_FALSE(root.real_path("/system"));
  EXPECT_TRUE(root.list("/sys/class/deep").empty());
  const auto found = root.unreadable("/sys");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "/sys/loop");
  EXPECT_EQ(found[0].errnum, ELOOP);
  EXPECT_EQ(found[1].path, "/sys/class/deep");
  EXPECT_EQ(root.unreadable("/sys/class").size(), 1U);
  EXPECT_EQ(root.unreadable("/system").size(), 1U);
  EXPECT_TRUE(root.unreadable("/sys/cl").empty());
}

TEST(Root, ReadRegularTakesFilesUpToTheLimit) {
  const TemporaryTree tree;
  tree.write("a", "1234");
  tree.write("d/a", "");
  ASSERT_EQ(::mkfifo(tree.at("fifo").c_str(), 0600), 0);
  tree.link("zero", "/dev/zero");
  const Root root = tree.root();
  EXPECT_EQ(root.read_regular("/a", 4)->value(), "1234");
  EXPECT_EQ(root.read_regular("/a", 3).error().code, ErrorCode::invalid);
  EXPECT_EQ(root.read_regular("/d", 4).error().code, ErrorCode::invalid);
  EXPECT_EQ(root.read_regular("/fifo", 4).error().code, ErrorCode::invalid);
  EXPECT_FALSE(root.read_regular("/missing", 4)->has_value());
  EXPECT_FALSE(root.read_regular("/a/b", 4)->has_value());
  EXPECT_FALSE(root.read_regular("/zero", 4)->has_value());  // inside of the root there is none
  EXPECT_EQ(Root::open("/")->read_regular("/dev/zero", 4).error().code, ErrorCode::invalid);
}

TEST(Root, StatusSaysWhatKindOfFileItIsAndOpensNothing) {
  const TemporaryTree tree;
  tree.write("dev/plain", "");
  ASSERT_EQ(::mkfifo(tree.at("dev/fifo").c_str(), 0640), 0);
  tree.link("dev/link", "/dev/fifo");
  const Root root = tree.root();
  const auto fifo = root.status("/dev/link");
  ASSERT_TRUE(fifo);
  EXPECT_TRUE(S_ISFIFO(fifo->mode));
  EXPECT_EQ(fifo->mode & 0777U, 0640U);
  EXPECT_EQ(fifo->owner, ::geteuid());
  EXPECT_EQ(fifo->usable, std::nullopt);  // this process is not one of that machine
  EXPECT_TRUE(S_ISREG(root.status("/dev/plain")->mode));
}

TEST(Root, StatusOfTheRunningSystemSaysWhetherThisProcessMayUseIt) {
  const Root root = std::move(*Root::open("/"));
  const auto null = root.status("/dev/null");
  ASSERT_TRUE(null);
  EXPECT_TRUE(S_ISCHR(null->mode));
  EXPECT_EQ(null->usable, true);
  if (::geteuid() != 0) {
    EXPECT_EQ(root.status("/etc/passwd")->usable, false);
  }
}

TEST(Root, StatusOfWhatIsMissingIsAnError) {
  const TemporaryTree tree;
  tree.link("a", "b");
  tree.link("b", "a");
  EXPECT_EQ(tree.root().status("/dev/kfd").error().errnum, ENOENT);
  EXPECT_EQ(tree.root().status("/a").error().errnum, ELOOP);
}

}  // namespace
}  // namespace rocmfix
