// SPDX-License-Identifier: MIT
#include "rocmfix/modprobe_conf.hpp"

#include <gtest/gtest.h>
#include <libkmod.h>
#include <sys/stat.h>

#include <array>

#include "cost.hpp"
#include "modprobe/modprobe_files.hpp"
#include "modprobe/modprobe_text.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const std::vector<ModuleOption>& options) {
  Pairs pairs;
  for (const auto& option : options) {
    pairs.emplace_back(option.name, option.value);
  }
  return pairs;
}

std::string where(const ModuleOption& option) {
  return option.file + ":" + std::to_string(option.line);
}

// What libkmod itself makes of the tree's directories; "" when it has no options.
std::string merged_by_libkmod(const TemporaryTree& tree, const std::string& module) {
  const std::array<std::string, 5> dirs = {
      tree.at("etc/modprobe.d"), tree.at("run/modprobe.d"), tree.at("usr/local/lib/modprobe.d"),
      tree.at("usr/lib/modprobe.d"), tree.at("lib/modprobe.d")};
  const std::array<const char*, 6> paths = {dirs[0].c_str(), dirs[1].c_str(), dirs[2].c_str(),
                                            dirs[3].c_str(), dirs[4].c_str(), nullptr};
  kmod_ctx* context = kmod_new("/", paths.data());
  kmod_module* found = nullptr;
  kmod_module_new_from_name(context, module.c_str(), &found);
  const char* options = kmod_module_get_options(found);
  std::string text = options == nullptr ? "" : options;
  kmod_module_unref(found);
  kmod_unref(context);
  return text;
}

Plan plan_of(std::vector<std::pair<std::string, std::string>> proposals) {
  Plan plan;
  for (auto& [name, value] : proposals) {
    PlanRow row;
    row.name = name;
    row.proposed = value;
    row.effect = Effect::useful;
    row.reason = "because";
    plan.settings.push_back(row);
  }
  return plan;
}

// This machine's own command line would be in libkmod's answer, not in ours.
bool command_line_names_amdgpu() {
  return Root::open("/")->read("/proc/cmdline").value_or("").find("amdgpu.") != std::string::npos;
}

TEST(ModprobeConf, MergesAsLibkmodDoes) {
  if (command_line_names_amdgpu()) {
    GTEST_SKIP() << "amdgpu options on this machine's command line";
  }
  const TemporaryTree tree;
  tree.write("lib/modprobe.d/b.conf", "options amdgpu hidden=1\n");
  tree.write("lib/modprobe.d/d.conf", "options amdgpu from_lib=1\n");
  tree.write("usr/lib/modprobe.d/d2.conf", "options amdgpu from_usr=1\n");
  tree.write("usr/local/lib/modprobe.d/d3.conf", "options amdgpu from_local=1\n");
  tree.write("run/modprobe.d/b.conf", "options amdgpu hidden_too=1\n");
  tree.write("run/modprobe.d/a.conf", "options amdgpu first=1\n");
  tree.write("etc/modprobe.d/b.conf",
             "# options amdgpu comment=1 \\\noptions amdgpu swallowed=1\n"
             "options amdgpu one=1 two-dash=2\n"
             "\toptions\tamdgpu   three=\"x y\" four \\\n five=5\n"
             "options amd-gpu other=1\noptions radeon other=2\n"
             "options amdgpu\nbogus line\noptions\n"
             "options amdgpu \\six=6 seven=a\\\\b\n"
             "options amdgpu crlf=1\r\n"
             "options amdgpu tab=\"a\tb\"\n"
             "options amdgpu last=1");
  tree.write("etc/modprobe.d/.hidden.conf", "options amdgpu dotfile=1\n");
  tree.write("etc/modprobe.d/README", "options amdgpu readme=1\n");
  tree.write("etc/modprobe.d/Z.conf", "options amdgpu capital=1\n");

  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  EXPECT_EQ(pairs_of(*options), detail::split_parameters(merged_by_libkmod(tree, "amdgpu")));
  EXPECT_EQ(pairs_of(*options), (Pairs{{"capital", "1"},
                                       {"first", "1"},
                                       {"one", "1"},
                                       {"two_dash", "2"},
                                       {"three", "x y"},
                                       {"four", ""},
                                       {"five", "5"},
                                       {"six", "6"},
                                       {"seven", "a\\b"},
                                       {"crlf", "1"},
                                       {"tab", "a b"},
                                       {"last", "1"},
                                       {"from_lib", "1"},
                                       {"from_usr", "1"},
                                       {"from_local", "1"}}));
}

TEST(ModprobeConf, SaysWhereAnOptionIsSet) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/a.conf",
             "# one\n\noptions amdgpu \\\n noretry=0 \\\n gttsize=1\n"
             "options amdgpu noretry=1\n");
  tree.write("lib/modprobe.d/b.conf", "options amdgpu noretry=-1\n");
  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  ASSERT_EQ(options->size(), 4U);
  EXPECT_EQ(where((*options)[0]), "/etc/modprobe.d/a.conf:3");
  EXPECT_EQ(where((*options)[1]), "/etc/modprobe.d/a.conf:3");
  EXPECT_EQ(where((*options)[2]), "/etc/modprobe.d/a.conf:6");
  EXPECT_EQ(where((*options)[3]), "/lib/modprobe.d/b.conf:1");
  EXPECT_EQ(effective_options(*options).at("noretry"), "-1");
}

TEST(ModprobeConf, TakesTheCapturedCommandLineLast) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/z.conf", "options amdgpu noretry=0\n");
  tree.write("proc/cmdline",
             "ro amdgpu.noretry=1 amdgpu.dc amdgpu. xamdgpu.a=1 \"amdgpu.q=1 2\" "
             "amdgpu.vm-update-mode=3\n");
  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  EXPECT_EQ(
      pairs_of(*options),
      (Pairs{
          {"noretry", "0"}, {"noretry", "1"}, {"dc", ""}, {"q", "1 2"}, {"vm_update_mode", "3"}}));
  EXPECT_EQ(where(options->back()), "/proc/cmdline:0");
  EXPECT_EQ(effective_options(*options).at("noretry"), "1");
}

TEST(ModprobeConf, GarbageNeitherStopsNorChangesTheRest) {
  const TemporaryTree tree;
  std::string binary = "options amdgpu before=1\noptions amdgpu cut=1";
  binary += std::string("\0options amdgpu never=1\n\xff\xfe\x01\x02 \n", 30);
  tree.write("etc/modprobe.d/binary.conf", binary + "options amdgpu after=1\n");
  tree.write("etc/modprobe.d/long.conf",
             "options amdgpu long=" + std::string(10U << 20U, 'x') + "\n");
  tree.write("etc/modprobe.d/open.conf", "options amdgpu open=1 \\");
  tree.write("etc/modprobe.d/quote.conf", "options amdgpu quote=\"never closed\n");
  std::filesystem::create_directories(tree.at("etc/modprobe.d/dir.conf"));
  tree.write("lib/modprobe.d/dir.conf", "options amdgpu behind_dir=1\n");
  tree.link("etc/modprobe.d/dangling.conf", "/nowhere");
  tree.link("etc/modprobe.d/loop.conf", "loop.conf");
  tree.link("etc/modprobe.d/zero.conf", "/dev/zero");
  ASSERT_EQ(::mkfifo(tree.at("etc/modprobe.d/fifo.conf").c_str(), 0644), 0);
  tree.write("etc/modprobe.d/zz.conf", "options amdgpu end=1\n");

  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  const auto effective = effective_options(*options);
  for (const char* name : {"before", "cut", "after", "long", "open", "behind_dir", "end"}) {
    EXPECT_TRUE(effective.contains(name)) << name;
  }
  EXPECT_FALSE(effective.contains("never"));
  EXPECT_EQ(effective.at("quote"), "never closed");
  EXPECT_EQ(effective.at("long").size(), 10U << 20U);
}

TEST(ModprobeConf, ManyLargeFilesTakeNoMoreMemoryThanAFew) {
  const TemporaryTree tree;
  tree.write("big", "options amdgpu big=1\n" + std::string(15U << 20U, '#'));
  for (int i = 0; i < 200; ++i) {
    tree.link("etc/modprobe.d/" + std::to_string(i) + ".conf", "/big");
  }
  const test::Cost cost = test::cost_of([&] {
    const auto files = detail::read_modprobe_files(tree.root());
    return files && !files->unreadable.empty() && !files->lines.empty();
  });
  EXPECT_EQ(cost.status, 0);
  EXPECT_LT(cost.peak_mib, test::can_limit_memory ? 400 : 2000);
}

TEST(ModprobeConf, AnAbsoluteLinkStaysInTheRoot) {
  const TemporaryTree tree;
  tree.write("usr/share/gpu.conf", "options amdgpu inside=1\n");
  tree.link("etc/modprobe.d/gpu.conf", "/usr/share/gpu.conf");
  tree.link("lib", "/usr/lib");
  tree.write("usr/lib/modprobe.d/x.conf", "options amdgpu merged_usr=1\n");
  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  EXPECT_EQ(pairs_of(*options), (Pairs{{"inside", "1"}, {"merged_usr", "1"}}));
}

TEST(ModprobeConf, ConflictsKnowWhoWins) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/amdgpu.conf", "options amdgpu noretry=0 gttsize=0x10\n");
  tree.write("etc/modprobe.d/zz.conf", "\noptions amdgpu vm_update_mode=0\n");
  tree.write("lib/modprobe.d/rocmfix.conf", "options amdgpu noretry=7\n");
  tree.write("proc/cmdline", "amdgpu.dc=0\n");
  const Plan plan = plan_of(
      {{"noretry", "1"}, {"gttsize", "16"}, {"vm_update_mode", "3"}, {"dc", "1"}, {"runpm", "0"}});
  const auto conflicts = find_conflicts(*read_module_options(tree.root()), plan);
  ASSERT_EQ(conflicts.size(), 3U);
  EXPECT_EQ(describe(conflicts[0]),
            "noretry=0 in /etc/modprobe.d/amdgpu.conf:1 is overridden by rocmfix.conf");
  EXPECT_FALSE(conflicts[0].wins);
  EXPECT_TRUE(conflicts[1].wins);
  EXPECT_EQ(describe(conflicts[1]),
            "vm_update_mode=0 in /etc/modprobe.d/zz.conf:2 is read after rocmfix.conf and wins "
            "over it");
  EXPECT_TRUE(conflicts[2].wins);
  EXPECT_NE(remedy(tree.root(), conflicts[2].option).find("update-grub"), std::string::npos);
}

TEST(ModprobeConf, ALaterFileThatAgreesUndoesAConflict) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/s.conf", "options amdgpu noretry=0\n");
  tree.write("etc/modprobe.d/t.conf", "options amdgpu noretry=1\n");
  const auto conflicts =
      find_conflicts(*read_module_options(tree.root()), plan_of({{"noretry", "1"}}));
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_FALSE(conflicts[0].wins);
}

TEST(ModprobeConf, TheTextIsDeterministicAndReadBack) {
  const Plan plan = plan_of({{"noretry", "1"}, {"runpm", "0"}});
  const std::string text = render_modprobe_conf(plan);
  EXPECT_EQ(text, render_modprobe_conf(plan));
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/rocmfix.conf", text);
  EXPECT_EQ(pairs_of(*read_module_options(tree.root())), (Pairs{{"noretry", "1"}, {"runpm", "0"}}));
  EXPECT_NE(text.find("rocmfix revert"), std::string::npos);
  EXPECT_NE(text.find("profile safe"), std::string::npos);
}

TEST(ModprobeConf, AReasonCannotSmuggleInALine) {
  Plan plan = plan_of({{"noretry", "1"}, {"x y", "1"}, {"b", "1\noptions amdgpu c=1"}});
  plan.settings[0].reason = "first\noptions amdgpu evil=1\r\ntrailing \\";
  plan.settings[0].source = "x\\";
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/rocmfix.conf", render_modprobe_conf(plan));
  EXPECT_EQ(pairs_of(*read_module_options(tree.root())), (Pairs{{"noretry", "1"}}));
}

TEST(ModprobeConf, AnEditAnywhereInTheTextIsDetected) {
  const std::string text = render_modprobe_conf(plan_of({{"noretry", "1"}}));
  EXPECT_EQ(detail::origin_of(text), detail::ConfOrigin::ours);
  EXPECT_EQ(detail::origin_of("options amdgpu noretry=1\n"), detail::ConfOrigin::foreign);
  EXPECT_EQ(detail::origin_of(""), detail::ConfOrigin::foreign);
  const std::size_t first_line = text.find('\n') + 1;
  for (std::size_t at = first_line; at <= text.size(); ++at) {
    std::string edited = text;
    edited.insert(at, "x");
    EXPECT_EQ(detail::origin_of(edited), detail::ConfOrigin::edited) << at;
  }
}

TEST(ModprobeConf, WithoutRocmfixIsTheUsersOwn) {
  const TemporaryTree tree;
  tree.write("etc/modprobe.d/a.conf", "options amdgpu noretry=0\n");
  tree.write("etc/modprobe.d/rocmfix.conf", render_modprobe_conf(plan_of({{"noretry", "1"}})));
  EXPECT_EQ(pairs_of(*read_options_without_rocmfix(tree.root())), (Pairs{{"noretry", "0"}}));
  tree.write("var/lib/rocmfix/original.conf", "options amdgpu runpm=0\n");
  EXPECT_EQ(pairs_of(*read_options_without_rocmfix(tree.root())),
            (Pairs{{"noretry", "0"}, {"runpm", "0"}}));
  tree.write("etc/modprobe.d/rocmfix.conf", "options amdgpu dc=1\n");
  EXPECT_EQ(pairs_of(*read_options_without_rocmfix(tree.root())),
            (Pairs{{"noretry", "0"}, {"dc", "1"}}));
}

TEST(ModprobeConf, AMachineWithoutConfigurationHasNoOptions) {
  const TemporaryTree tree;
  const auto options = read_module_options(tree.root());
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->empty());
}

}  // namespace
}  // namespace rocmfix
