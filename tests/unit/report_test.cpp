// SPDX-License-Identifier: MIT
// A report from what was recorded to a root again.
#include "rocmfix/report.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/regular_file.hpp"
#include "report/captured_json.hpp"
#include "report/recording.hpp"
#include "report/report_archive.hpp"
#include "report/report_tree.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using detail::CapturedFacts;
using detail::Recording;
using detail::ReportTree;
using detail::TreeEntry;
using test::TemporaryTree;

/// Of what `use` reads of a folder.
template <class Use>
detail::TreeResult tree_of(const TemporaryTree& folder, Use use) {
  const Policy policy = Policy::built_in();
  const FaultRules rules = FaultRules::built_in();
  const detail::KeptLines lines(policy, rules);
  Recording recording;
  Root root = folder.root();
  root.record_into(&recording);
  use(root);
  root.record_into(nullptr);
  detail::ReportRedaction redaction;
  return detail::make_report_tree(root, recording, lines, redaction);
}

std::string packed(const ReportTree& tree) {
  std::string bytes;
  EXPECT_TRUE(detail::pack_report(tree, [&](std::string_view more) {
    bytes += more;
    return true;
  }));
  return bytes;
}

TEST(Recording, KeepsTheLongestContentAndNoErrorThatAPathShowsItself) {
  Recording recording;
  recording.content("/a", "long content");
  recording.content("/a", "long");
  recording.opened("/b", ENOENT);
  recording.opened("/c", EACCES);
  EXPECT_EQ(recording.paths().find("/a")->second.content, "long content");
  EXPECT_EQ(recording.paths().find("/b")->second.node.open_errnum, 0);
  EXPECT_EQ(recording.paths().find("/c")->second.node.open_errnum, EACCES);
  EXPECT_TRUE(recording.complete());
}

TEST(Recording, IsBounded) {
  Recording recording;
  const std::string piece(64U << 20U, 'x');
  for (const char* const path : {"/a", "/b", "/c", "/d"}) {
    recording.content(path, piece);
  }
  EXPECT_FALSE(recording.complete());
  EXPECT_FALSE(recording.paths().find("/d")->second.content);
}

TEST(ReportTree, HasTheLinksOnTheWayAndWhatTheyLeadTo) {
  const TemporaryTree tree;
  tree.write("sys/devices/pci/0000:03:00.0/vendor", "0x1002\n");
  tree.write("sys/devices/pci/0000:03:00.0/unread", "0x1002\n");
  tree.link("sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci/0000:03:00.0");
  const auto result = tree_of(tree, [](const Root& root) {
    EXPECT_TRUE(root.read_line("/sys/bus/pci/devices/0000:03:00.0/vendor"));
    EXPECT_FALSE(root.exists("/sys/class/missing"));
  });
  EXPECT_EQ(result.tree.at("/sys/bus/pci/devices/0000:03:00.0").target,
            "../../../devices/pci/0000:03:00.0");
  EXPECT_EQ(result.tree.at("/sys/devices/pci/0000:03:00.0/vendor").parts.at(0), "0x1002\n");
  EXPECT_FALSE(result.tree.contains("/sys/devices/pci/0000:03:00.0/unread"));
  EXPECT_FALSE(result.tree.contains("/sys/class"));
}

TEST(ReportTree, OfALibraryHasTheRangesAndOfAListedFolderTheNames) {
  const TemporaryTree tree;
  tree.write("usr/lib/big.so", std::string(4U << 20U, '\1'));
  tree.write("usr/lib/other.so", "secret");
  const auto result = tree_of(tree, [](const Root& root) {
    const auto file = detail::RegularFile::open(root, "/usr/lib/big.so");
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->read(0, 64));
    EXPECT_TRUE(file->read(64, 64));
    EXPECT_TRUE(file->read(1U << 20U, 100));
    EXPECT_EQ(root.list("/usr/lib").size(), 2U);
  });
  const TreeEntry& library = result.tree.at("/usr/lib/big.so");
  EXPECT_EQ(library.size, 4U << 20U);
  EXPECT_EQ(library.parts.size(), 2U);
  EXPECT_EQ(library.parts.at(0).size(), 128U);
  EXPECT_TRUE(result.tree.at("/usr/lib/other.so").parts.empty());
}

TEST(ReportTree, NamesOfPeopleHaveOneStandInInPathsAndInContents) {
  const TemporaryTree tree;
  tree.write("home/alice/venv/pyvenv.cfg", "home = /home/alice/python\n");
  tree.link("opt/venv", "/home/alice/venv");
  const auto result =
      tree_of(tree, [](const Root& root) { EXPECT_TRUE(root.read("/opt/venv/pyvenv.cfg")); });
  EXPECT_EQ(result.tree.at("/opt/venv").target, "/home/user1/venv");
  EXPECT_EQ(result.tree.at("/home/user1/venv/pyvenv.cfg").parts.at(0),
            "home = /home/user1/python\n");
}

TEST(ReportTree, ALinkThatLeadsInACircleEnds) {
  const TemporaryTree tree;
  tree.link("a", "b");
  tree.link("b", "a");
  const auto result = tree_of(tree, [](const Root& root) { EXPECT_FALSE(root.exists("/a/x")); });
  EXPECT_EQ(result.nodes.at("/a/x").asked_errnum, ELOOP);
}

TEST(ReportArchive, IsTheTreeAgainWhenItIsUnpacked) {
  ReportTree tree;
  detail::add_document(tree, "/etc/a", "text\n");
  detail::add_document(tree, "/etc/empty", "");
  TreeEntry& link = tree["/etc/link"];
  link.kind = TreeEntry::Kind::link;
  link.target = "/etc/a";
  TreeEntry& library = tree["/lib.so"];
  library.kind = TreeEntry::Kind::file;
  library.size = 5ULL << 30U;
  library.permissions = 0755;
  library.parts = {{0, "start"}, {3ULL << 30U, "middle"}};
  TreeEntry& hole = tree["/hole.so"];
  hole.kind = TreeEntry::Kind::file;
  hole.size = 1U << 30U;
  const std::string bytes = packed(tree);
  EXPECT_LT(bytes.size(), 10'000U);
  const TemporaryTree folder;
  folder.write("report", bytes);
  const TemporaryTree out;
  const FileDescriptor fd(::open(folder.at("report").c_str(), O_RDONLY | O_CLOEXEC));
  const auto unpacked = detail::unpack_report(fd.get(), "report", out.at("").string());
  ASSERT_TRUE(unpacked) << unpacked.error().what;
  const Root root = out.root();
  EXPECT_EQ(root.read("/etc/link").value_or("?"), "text\n");
  EXPECT_EQ(root.read("/etc/empty").value_or("?"), "");
  const auto file = detail::RegularFile::open(root, "/lib.so");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 5ULL << 30U);
  EXPECT_EQ(file->read(0, 6).value_or("?"), std::string("start\0", 6));
  EXPECT_EQ(file->read(3ULL << 30U, 6).value_or("?"), "middle");
  EXPECT_NE(root.status("/lib.so")->mode & 0100U, 0U);
  EXPECT_EQ(detail::RegularFile::open(root, "/hole.so")->size(), 1U << 30U);
}

TEST(ReportArchive, SaysWhenItCannotBeWritten) {
  ReportTree tree;
  detail::add_document(tree, "/a", std::string(1U << 20U, 'x'));
  EXPECT_FALSE(detail::pack_report(tree, [](std::string_view) { return false; }));
}

TEST(CapturedJson, ReadsWhatItWrote) {
  CapturedFacts facts;
  facts.environment = {{"HOME", "/home/user1"}};
  facts.program = "venv/bin/python";
  facts.directory = "/home/user1";
  facts.nodes["/dev/kfd"].status = FileStatus{S_IFCHR | 0660U, 0, 109, false};
  facts.nodes["/etc/x"].open_errnum = EACCES;
  facts.nodes["/etc/y"].asked_errnum = ELOOP;
  const auto read = detail::read_captured_json(detail::captured_json(facts));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->environment, facts.environment);
  EXPECT_EQ(read->program, facts.program);
  EXPECT_EQ(read->directory, facts.directory);
  EXPECT_EQ(read->nodes.size(), 3U);
  const auto& node = read->nodes.at("/dev/kfd").status;
  ASSERT_TRUE(node);
  EXPECT_EQ(node->mode, S_IFCHR | 0660U);
  EXPECT_EQ(node->group, 109U);
  EXPECT_EQ(node->usable, false);
  EXPECT_EQ(read->nodes.at("/etc/x").open_errnum, EACCES);
  EXPECT_EQ(read->nodes.at("/etc/y").asked_errnum, ELOOP);
}

TEST(CapturedJson, OfAnotherFormIsAnError) {
  for (const char* const text :
       {"", "[]", "{}", R"({"schema":"1","environment":{},"nodes":[]})",
        R"({"schema":1,"environment":[],"nodes":[]})", R"({"schema":1,"environment":{}})",
        R"({"schema":1,"environment":{"A":1},"nodes":[]})",
        R"({"schema":1,"environment":{},"nodes":[7]})",
        R"({"schema":1,"environment":{},"nodes":[{"path":"/a","open":-1}]})",
        R"({"schema":1,"environment":{},"nodes":[{"path":"/a","open":99999}]})",
        R"({"schema":1,"environment":{},"nodes":[{"path":"/a","mode":"x"}]})",
        R"({"schema":1,"environment":{},"nodes":{}})",
        R"({"schema":2,"environment":{},"nodes":[]})"}) {
    EXPECT_FALSE(detail::read_captured_json(text)) << text;
  }
}

TEST(WriteNewFile, ReplacesNothingAndIsForItsOwner) {
  const TemporaryTree tree;
  const auto file = tree.at("report");
  const auto write = [](const auto& sink) {
    sink("content");
    return Result<void>();
  };
  ASSERT_TRUE(write_new_file(file, write));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(status.st_size, 7);
  EXPECT_EQ(write_new_file(file, write).error().code, ErrorCode::refused);
  tree.link("dangling", "nowhere");
  EXPECT_FALSE(write_new_file(tree.at("dangling"), write));
}

TEST(WriteNewFile, LeavesNothingWhenItFails) {
  const TemporaryTree tree;
  const auto fails = [](const auto&) {
    return Result<void>(fail(Error{ErrorCode::failed, "no", 0, ""}));
  };
  EXPECT_FALSE(write_new_file(tree.at("report"), fails));
  EXPECT_TRUE(std::filesystem::is_empty(tree.at("")));
}

TEST(ExaminedRoot, OfAFolderThatIsNoReportIsTheFolder) {
  const TemporaryTree tree;
  const auto opened = ExaminedRoot::open(tree.at(""));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->root().captured(), nullptr);
}

TEST(ExaminedRoot, TheTemporaryFolderGoesWithIt) {
  ReportTree tree;
  detail::add_document(tree, std::string(detail::machine_path), detail::captured_json({}));
  const TemporaryTree folder;
  folder.write("report", packed(tree));
  std::filesystem::path unpacked;
  {
    const auto opened = ExaminedRoot::open(folder.at("report"));
    ASSERT_TRUE(opened) << opened.error().what;
    unpacked = opened->root().dir();
    EXPECT_NE(opened->root().captured(), nullptr);
    EXPECT_TRUE(std::filesystem::exists(unpacked));
  }
  EXPECT_FALSE(std::filesystem::exists(unpacked));
}

}  // namespace
}  // namespace rocmfix
