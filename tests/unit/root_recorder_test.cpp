// SPDX-License-Identifier: MIT
// What a recorder is told of what is read, and how a root answers by the facts of a report.
#include "base/root_recorder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <memory>

#include "base/captured_facts.hpp"
#include "base/regular_file.hpp"
#include "machine/kernel_log.hpp"
#include "machine/log_files.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "software/lookup.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using detail::ReadFor;
using test::TemporaryTree;

class Notes : public detail::RootRecorder {
 public:
  std::map<std::string, int, std::less<>> asked_of;
  std::map<std::string, int, std::less<>> opened_at;
  std::map<std::string, FileStatus, std::less<>> statuses;
  std::map<std::string, std::vector<std::string>, std::less<>> lists;
  std::map<std::string, std::string, std::less<>> contents;
  std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> ranges;
  std::map<std::string, ReadFor, std::less<>> purposes;

  void asked(std::string_view path, int errnum) override { asked_of[std::string(path)] = errnum; }
  void status(std::string_view path, const FileStatus& status) override {
    statuses[std::string(path)] = status;
  }
  void opened(std::string_view path, int errnum) override { opened_at[std::string(path)] = errnum; }
  void listed(std::string_view path, const std::vector<std::string>& names) override {
    lists[std::string(path)] = names;
  }
  void content(std::string_view path, std::string_view bytes) override {
    contents[std::string(path)] = bytes;
  }
  void range(std::string_view path, std::uint64_t size, std::uint64_t offset,
             std::string_view bytes) override {
    ranges[std::string(path)][offset] = bytes;
    sizes[std::string(path)] = size;
  }
  void read_for(std::string_view path, ReadFor purpose) override {
    purposes[std::string(path)] = purpose;
  }
  std::map<std::string, std::uint64_t, std::less<>> sizes;
};

TEST(RootRecorder, IsToldHowEachPathWasUsed) {
  const TemporaryTree tree;
  tree.write("sys/a", "content\n");
  tree.write("sys/b", "");
  Root root = tree.root();
  Notes notes;
  root.record_into(&notes);
  EXPECT_EQ(root.read_line("/sys/a"), "content");
  EXPECT_TRUE(root.exists("/sys/b"));
  EXPECT_FALSE(root.exists("/sys/c"));
  EXPECT_FALSE(root.read("/sys/d"));
  EXPECT_EQ(root.list("/sys").size(), 2U);
  EXPECT_TRUE(root.status("/sys/b"));
  EXPECT_TRUE(root.real_path("/sys"));
  root.record_into(nullptr);
  EXPECT_FALSE(root.exists("/sys/not-noted"));
  EXPECT_EQ(notes.contents.at("/sys/a"), "content\n");
  EXPECT_EQ(notes.asked_of.at("/sys/b"), 0);
  EXPECT_EQ(notes.asked_of.at("/sys/c"), ENOENT);
  EXPECT_EQ(notes.opened_at.at("/sys/d"), ENOENT);
  EXPECT_EQ(notes.lists.at("/sys"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(S_ISREG(notes.statuses.at("/sys/b").mode));
  EXPECT_TRUE(notes.asked_of.contains("/sys"));
  EXPECT_FALSE(notes.asked_of.contains("/sys/not-noted"));
}

TEST(RootRecorder, OfALibraryGetsTheRangesThatWereRead) {
  const TemporaryTree tree;
  tree.write("lib.so", std::string(100'000, 'x'));
  Root root = tree.root();
  Notes notes;
  root.record_into(&notes);
  const auto file = detail::RegularFile::open(root, "/lib.so");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->read(50'000, 10));
  EXPECT_EQ(notes.sizes.at("/lib.so"), 100'000U);
  EXPECT_EQ(notes.ranges.at("/lib.so").at(50'000), std::string(10, 'x'));
  EXPECT_FALSE(notes.contents.contains("/lib.so"));
}

TEST(RootRecorder, SeesWhatIsReadThroughADescriptor) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/a.conf", "options amdgpu noretry=0\n");
  tree.write("var/log/kern.log", "one\n");
  tree.write("dev/kmsg", "6,1,1,-;two\n");
  Root root = tree.root();
  Notes notes;
  root.record_into(&notes);
  EXPECT_TRUE(read_module_options(root));
  EXPECT_TRUE(detail::read_logged_boots(root).current);
  EXPECT_TRUE(detail::read_kernel_log(root));
  EXPECT_EQ(notes.contents.at("/etc/modprobe.d/a.conf"), "options amdgpu noretry=0\n");
  EXPECT_EQ(notes.contents.at("/var/log/kern.log"), "one\n");
  EXPECT_EQ(notes.purposes.at("/var/log/kern.log"), ReadFor::log);
  EXPECT_EQ(notes.contents.at("/dev/kmsg"), "6,1,1,-;two\n");
  EXPECT_EQ(notes.purposes.at("/dev/kmsg"), ReadFor::records);
}

TEST(RootRecorder, SeesWhatALookupAsksTheRunningSystem) {
  auto root = Root::open("/");
  ASSERT_TRUE(root);
  Notes notes;
  root->record_into(&notes);
  const detail::Lookup lookup(*root, {});
  EXPECT_TRUE(lookup.is_folder("/usr"));
  EXPECT_TRUE(lookup.exists("/etc"));
  EXPECT_EQ(lookup.real_path("/rocmfix-is-not-here"), "");
  EXPECT_EQ(notes.asked_of.at("/usr"), 0);
  EXPECT_EQ(notes.asked_of.at("/etc"), 0);
  EXPECT_EQ(notes.asked_of.at("/rocmfix-is-not-here"), ENOENT);
}

std::shared_ptr<detail::CapturedFacts> facts() {
  auto facts = std::make_shared<detail::CapturedFacts>();
  facts->environment = {{"HSA_OVERRIDE_GFX_VERSION", "10.3.0"}};
  facts->directory = "/home/user1";
  facts->nodes["/dev/kfd"].status = FileStatus{S_IFCHR | 0660U, 0, 109, false};
  facts->nodes["/etc/closed"].open_errnum = EACCES;
  facts->nodes["/hidden/file"].asked_errnum = EACCES;
  return facts;
}

TEST(CapturedFacts, AreWhatTheRootAnswers) {
  const TemporaryTree tree;
  for (const char* const path : {"dev/kfd", "etc/closed", "hidden/file", "etc/open"}) {
    tree.write(path, "x");
  }
  Root root = tree.root();
  EXPECT_TRUE(root.read("/etc/closed"));
  EXPECT_EQ(root.host_path("/etc/a"), tree.at("etc/a"));
  root.set_captured(facts());
  const auto node = root.status("/dev/kfd");
  ASSERT_TRUE(node);
  EXPECT_TRUE(S_ISCHR(node->mode));
  EXPECT_EQ(node->group, 109U);
  EXPECT_EQ(node->usable, false);
  EXPECT_EQ(root.read("/etc/closed").error().errnum, EACCES);
  EXPECT_TRUE(root.exists("/etc/closed"));
  EXPECT_FALSE(root.exists("/hidden/file"));
  EXPECT_EQ(root.status("/hidden/file").error().errnum, EACCES);
  EXPECT_FALSE(root.real_path("/hidden/file"));
  EXPECT_EQ(root.unreadable("/hidden").size(), 1U);
  EXPECT_TRUE(root.read("/etc/open"));
  EXPECT_EQ(root.host_path("/etc/a"), "/etc/a");
  EXPECT_EQ(inherited_environment(root).at("HSA_OVERRIDE_GFX_VERSION"), "10.3.0");
  EXPECT_EQ(detail::Lookup(root, {}).absolute("venv/bin/python"), "/home/user1/venv/bin/python");
}

}  // namespace
}  // namespace rocmfix
