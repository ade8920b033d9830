// SPDX-License-Identifier: MIT
#include "base/change_lock.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>

#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

TEST(ChangeLock, OneAtATime) {
  const TemporaryTree tree;
  const Root root = tree.root();
  std::optional<Result<ChangeLock>> first(ChangeLock::take(root));
  ASSERT_TRUE(*first);
  const auto second = ChangeLock::take(root);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::refused);
  first.reset();
  EXPECT_TRUE(ChangeLock::take(root));
}

TEST(ChangeLock, NobodyElseCanOpenItsFile) {
  const TemporaryTree tree;
  const Root root = tree.root();
  const auto lock = ChangeLock::take(root);
  struct stat st {};
  ASSERT_EQ(::stat(tree.at("run/rocmfix.lock").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0600U);
}

TEST(ChangeLock, LeavesNothingBehind) {
  const TemporaryTree tree;
  const Root root = tree.root();
  { const auto lock = ChangeLock::take(root); }
  EXPECT_FALSE(std::filesystem::exists(tree.at("run")));
  std::filesystem::create_directory(tree.at("run"));
  { const auto lock = ChangeLock::take(root); }
  EXPECT_TRUE(std::filesystem::is_empty(tree.at("run")));
}

TEST(ChangeLock, AFileThatAKilledRunLeftIsReused) {
  const TemporaryTree tree;
  tree.write("run/rocmfix.lock", "");
  const Root root = tree.root();
  EXPECT_TRUE(ChangeLock::take(root));
}

}  // namespace
}  // namespace rocmfix::detail
