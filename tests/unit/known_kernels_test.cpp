// SPDX-License-Identifier: MIT
// Which kernel runs, and whether its version is one that kernels.toml knows trouble of.
#include "rocmfix/known_kernels.hpp"

#include <gtest/gtest.h>

#include "base/version_numbers.hpp"
#include "machine/kernels_toml.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

constexpr std::string_view debian_115 =
    "Linux version 6.12.115+deb13-amd64 (debian-kernel@lists.debian.org) "
    "(x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) "
    "#1 SMP PREEMPT_DYNAMIC Debian 6.12.115-1 (2026-10-02)\n";

// The names of the entries that apply to a machine with these files.
std::string known(std::string_view release, std::string_view version,
                  std::string_view signature = "") {
  const TemporaryTree tree;
  tree.write("/proc/sys/kernel/osrelease", release);
  tree.write("/proc/version", version);
  if (!signature.empty()) {
    tree.write("/proc/version_signature", signature);
  }
  const auto kernel = read_running_kernel(tree.root());
  if (!kernel) {
    return "unknown";
  }
  std::string names;
  const KnownKernels kernels = KnownKernels::built_in();
  for (const KnownKernel* one : kernels.find(*kernel, "gfx1031")) {
    names += (names.empty() ? "" : " ") + std::string(one->name);
  }
  return names;
}

TEST(KnownKernels, DebiansVersionIsThatOfItsPackage) {
  const TemporaryTree tree;
  tree.write("/proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
  tree.write("/proc/version",
             "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian "
             "12.2.0-14+deb12u1) 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-01)\n");
  const auto kernel = read_running_kernel(tree.root());
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->distribution, "debian");
  EXPECT_EQ(kernel->package, "6.1.192-2");
  EXPECT_EQ(kernel->upstream, "6.1.192");
  EXPECT_EQ(kernel->release, "6.1.0-56-amd64");
}

TEST(KnownKernels, ACompilersDebianIsNotTheKernels) {
  const TemporaryTree tree;
  tree.write("/proc/sys/kernel/osrelease", "6.12.115\n");
  tree.write("/proc/version", "Linux version 6.12.115 (me@home) (gcc (Debian 14.2.0-19)) #3 SMP\n");
  const auto kernel = read_running_kernel(tree.root());
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->distribution, "");
  EXPECT_EQ(kernel->upstream, "6.12.115");
}

TEST(KnownKernels, UbuntusVersionIsThatOfItsSignature) {
  const TemporaryTree tree;
  tree.write("/proc/sys/kernel/osrelease", "7.0.0-28-generic\n");
  tree.write("/proc/version_signature", "Ubuntu 7.0.0-28.28~24.04.1-generic 7.0.12\n");
  const auto kernel = read_running_kernel(tree.root());
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->distribution, "ubuntu");
  EXPECT_EQ(kernel->package, "7.0.0-28.28~24.04.1-generic");
  EXPECT_EQ(kernel->upstream, "7.0.12");
}

TEST(KnownKernels, ARangeIncludesBothEnds) {
  EXPECT_EQ(known("6.12.113+deb13-amd64", "#1 SMP Debian 6.12.113-1"), "");
  EXPECT_EQ(known("6.12.114", ""), "userptr-retry-loop");
  EXPECT_EQ(known("6.12.115+deb13-amd64", debian_115), "userptr-retry-loop");
  EXPECT_EQ(known("6.12.116+deb12-amd64", "x #1 SMP Debian 6.12.116-1~bpo12+1 (2026)"),
            "userptr-retry-loop");
  EXPECT_EQ(known("6.12.117+deb13-amd64", "x #1 SMP Debian 6.12.117-1 (2026)"), "");
}

TEST(KnownKernels, UbuntusFourthNumberDecides) {
  EXPECT_EQ(known("7.0.0-27-generic", "", "Ubuntu 7.0.0-27.27-generic 7.0.9"), "");
  EXPECT_EQ(known("7.0.0-28-generic", "", "Ubuntu 7.0.0-28.28~24.04.1-generic 7.0.12"),
            "userptr-retry-loop-ubuntu");
  EXPECT_EQ(known("7.0.0-28-generic", "x (buildd@l) #28~24.04.1-Ubuntu SMP PREEMPT_DYNAMIC x"),
            "userptr-retry-loop-ubuntu");
  EXPECT_EQ(known("7.0.0-29-generic", "", "Ubuntu 7.0.0-29.29-generic 7.0.13"), "");
  EXPECT_EQ(known("7.0.0+deb14-amd64", "x #1 SMP Debian 7.0.0-28 (2026)"), "") << "not Ubuntu's";
  EXPECT_EQ(known("7.0.0-28-liquorix", "Linux version 7.0.0-28-liquorix (a@b) #1 SMP"), "");
}

TEST(KnownKernels, ASeriesIsAllOfItsReleases) {
  EXPECT_EQ(known("6.17.7-ba29.fc43.x86_64", ""), "user-pages-6.17");
  EXPECT_EQ(known("6.17.0-arch1-1", ""), "user-pages-6.17");
  EXPECT_EQ(known("6.18.0", ""), "");
  EXPECT_EQ(known("6.1.170", ""), "");
}

TEST(KnownKernels, AMachineThatDoesNotSayIsUnknown) {
  const TemporaryTree tree;
  EXPECT_FALSE(read_running_kernel(tree.root()));
  EXPECT_EQ(known("not a release", ""), "unknown");
}

TEST(KnownKernels, NumbersEndAtTheFirstThatIsNone) {
  using detail::version_numbers;
  EXPECT_EQ(version_numbers("7.0.0-28.28~24.04.1"), (std::vector<unsigned>{7, 0, 0, 28, 28}));
  EXPECT_EQ(version_numbers("6.12.115+deb13-amd64"), (std::vector<unsigned>{6, 12, 115}));
  EXPECT_EQ(version_numbers("6.17-rc1"), (std::vector<unsigned>{6, 17}));
  EXPECT_EQ(version_numbers("v6"), std::vector<unsigned>());
  EXPECT_EQ(version_numbers("99999999999.1"), std::vector<unsigned>());
  EXPECT_EQ(version_numbers("1.2.3.4.5.6.7.8.9.10").size(), 8U);
}

constexpr std::string_view entry = R"([[kernel]]
name = "mine"
first = "6.5"
last = "6.5"
verdict = "note"
gfx = ["gfx1010"]
summary = "hangs here"
remedy = "another"
grade = "?"
source = "me"
)";

TEST(KnownKernels, AnAdministratorsFileAddsAndReplaces) {
  const TemporaryTree tree;
  tree.write("/etc/rocmfix/kernels.toml", std::string(entry) + R"([[kernel]]
name = "user-pages-6.17"
first = "6.99"
last = "6.99"
verdict = "note"
summary = "s"
remedy = "r"
grade = "U"
source = "s"
)");
  const auto kernels = KnownKernels::load(tree.root());
  ASSERT_TRUE(kernels) << kernels.error().what;
  const auto names = [&](std::string upstream, std::string_view gfx) {
    std::string found;
    for (const KnownKernel* one : kernels->find({"", "", "", std::move(upstream)}, gfx)) {
      found += one->name;
    }
    return found;
  };
  EXPECT_EQ(names("6.5.3", "gfx1010"), "mine");
  EXPECT_EQ(names("6.5.3", "gfx1031"), "") << "it is for gfx1010 alone";
  EXPECT_EQ(names("6.5.3", ""), "") << "the GPU is not known";
  EXPECT_EQ(names("6.17.1", "gfx1010"), "");
  EXPECT_EQ(names("6.99.1", "gfx1010"), "user-pages-6.17");
  EXPECT_EQ(names("6.12.115", "gfx1010"), "userptr-retry-loop");
}

TEST(KnownKernels, AFileThatCannotBeMeantIsRefusedWithItsLine) {
  const auto refusal = [](std::string_view from, std::string_view to) {
    std::string text(entry);
    text.replace(text.find(from), from.size(), to);
    TomlArena arena;
    const auto parsed = parse_known_kernels(text, "k", arena);
    return parsed ? "" : parsed.error().what;
  };
  EXPECT_EQ(refusal("6.5", "6.5"), "");
  EXPECT_EQ(refusal("first = \"6.5\"", "first = \"6\""), "k:3: 'first' cannot be '6'");
  EXPECT_EQ(refusal("last = \"6.5\"", "last = \"6.5x\""), "k:4: 'last' cannot be '6.5x'");
  EXPECT_EQ(refusal("last = \"6.5\"", "last = \"6.4\""),
            "k:1: 'last' (6.4) is before 'first' (6.5)");
  EXPECT_EQ(refusal("last = \"6.5\"", ""), "k:1: 'last' is missing");
  EXPECT_EQ(refusal("\"note\"", "\"problem\""), "k:5: 'verdict' cannot be 'problem'");
  EXPECT_EQ(refusal("source = \"me\"", "sauce = \"me\""), "k:10: unknown key 'sauce'");
}

}  // namespace
}  // namespace rocmfix
