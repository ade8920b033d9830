// SPDX-License-Identifier: MIT
// What is said of the build for the running kernel, from the package's record of it, which may be
// anything, and from what the installed module and the kernel's headers name.
#include "verify/verify_build.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "machine/install_advice.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

constexpr const char* release = "6.1.0-56-amd64";
constexpr const char* record = "var/lib/rocmfix/builds/6.1.0-56-amd64";

class VerifyBuild : public ::testing::Test {
 protected:
  VerifyBuild() {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe)
    tree.write("proc/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 4\n");
  }
  void write(const std::string& state, const std::string& more = "") const {
    tree.write(record,
               "package=rocmfix-dkms\nversion=0.2.0\nkernel=6.1.0-56-amd64\nsource=6.1.192-2\n"
               "state=" +
                   state + "\nstarted=1700000600\nended=1700001200\n" + more);
  }
  void run_process(const std::string& pid, const std::string& command) const {
    tree.write("proc/" + pid + "/cmdline", command);
  }
  [[nodiscard]] std::optional<Check> check() const {
    Driver driver;
    driver.kernel_release = release;
    return detail::verify_build(tree.root(), driver);
  }
  TemporaryTree tree;
};

TEST_F(VerifyBuild, WithoutARecordThereIsNoCheck) {
  EXPECT_FALSE(check());
  tree.write("var/lib/rocmfix/builds/6.1.0-57-amd64", "state=failed\n");
  EXPECT_FALSE(check());
}

TEST_F(VerifyBuild, AFailureIsAProblemWithItsReasonAndHint) {
  write("failed", "reason=amdgpu does not compile\nhint=please report make.log\n");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, "module.build");
  EXPECT_EQ(seen->ok, false);
  EXPECT_EQ(
      seen->detail,
      "the build of rocmfix 0.2.0 from Linux 6.1.192-2 failed on 2023-11-14 22:33: amdgpu does "
      "not compile");
  EXPECT_EQ(seen->hint, "please report make.log");
}

TEST_F(VerifyBuild, ASkippedOneSaysWhyAndWithoutAHintHowToTryAgain) {
  write("skipped", "reason=kernel 6.1.0-56-amd64 needs linux-source-6.1 6.1.192-2\nhint=\n");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, false);
  EXPECT_NE(seen->detail.find("was not built on 2023-11-14 22:33: kernel 6.1.0"),
            std::string::npos);
  EXPECT_EQ(seen->hint, "sudo dpkg-reconfigure rocmfix-dkms");
}

TEST_F(VerifyBuild, DoneIsOk) {
  write("done");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, true);
  EXPECT_EQ(seen->detail, "rocmfix 0.2.0 from Linux 6.1.192-2 was built on 2023-11-14 22:33");
}

TEST_F(VerifyBuild, OneThatRunsIsUnknownSinceWhen) {
  run_process("1", "/sbin/init");
  using namespace std::string_literals;
  run_process("4711", "/bin/bash\0/usr/libexec/rocmfix-dkms/each-kernel\0service\0"s);
  write("running");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, std::nullopt);
  EXPECT_EQ(seen->detail,
            "rocmfix 0.2.0 from Linux 6.1.192-2 is being built since 2023-11-14 22:23");
}

TEST_F(VerifyBuild, OneThatBeganBeforeThisBootWasInterrupted) {
  run_process("1", "/sbin/init");
  run_process("4711", "/usr/libexec/rocmfix-dkms/each-kernel");
  tree.write("proc/stat", "cpu  1 2 3\nbtime 1700000601\n");
  write("running");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, false);
  EXPECT_NE(seen->detail.find("was interrupted: the machine was rebooted"), std::string::npos);
  EXPECT_EQ(seen->hint, "sudo dpkg-reconfigure rocmfix-dkms");
}

TEST_F(VerifyBuild, OneThatIsNoLongerRunningWasInterrupted) {
  run_process("1", "/sbin/init");
  run_process("4711", "/bin/bash");
  write("running");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, false);
  EXPECT_NE(seen->detail.find("it is no longer running"), std::string::npos);
}

TEST_F(VerifyBuild, WhereProcessesAreHiddenNoneIsMissed) {
  run_process("4711", "/bin/bash");  // /proc with hidepid: one's own alone
  write("running");
  EXPECT_EQ(check()->ok, std::nullopt);
}

TEST_F(VerifyBuild, TheHintNamesTheLivepatchsPackage) {
  tree.write(record, "package=rocmfix-livepatch-dkms\nstate=failed\n");
  EXPECT_EQ(check()->hint, "sudo dpkg-reconfigure rocmfix-livepatch-dkms");
}

TEST_F(VerifyBuild, ControlCharactersAreNotShown) {
  write("failed",
        "reason=\x1b[2J\x07 bad\x9b"
        "31m \xc2\x9b"
        "1m\nhint=\x1b]0;title\x07"
        "type this\n");
  const auto seen = check();
  ASSERT_TRUE(seen);
  for (const std::string& text : {seen->detail, seen->hint}) {
    EXPECT_EQ(text.find_first_of("\x1b\x07\x9b"), std::string::npos) << text;
  }
  EXPECT_NE(seen->detail.find("bad"), std::string::npos);
}

TEST_F(VerifyBuild, AnEndlessReasonIsCutOff) {
  write("failed", "reason=" + std::string(3000, 'x') + "\n");
  EXPECT_LT(check()->detail.size(), 700U);
}

TEST_F(VerifyBuild, WhatIsLargerThanARecordIsUnknown) {
  write("failed", "reason=" + std::string(5000, 'x') + "\n");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, std::nullopt);
  EXPECT_NE(seen->detail.find("larger than a record"), std::string::npos);
}

TEST_F(VerifyBuild, ALinkIsNotFollowed) {
  tree.write("elsewhere", "state=failed\nreason=secret\n");
  tree.link(record, "/elsewhere");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, std::nullopt);
  EXPECT_EQ(seen->detail.find("secret"), std::string::npos);
}

TEST_F(VerifyBuild, AFifoDoesNotHangIt) {
  std::filesystem::create_directories(tree.at(record).parent_path());
  ASSERT_EQ(::mkfifo(tree.at(record).c_str(), 0644), 0);
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, std::nullopt);
  EXPECT_NE(seen->detail.find("is not a regular file"), std::string::npos);
}

TEST_F(VerifyBuild, GarbageIsUnknown) {
  tree.write(record, "\x00\xff====\nno equal sign\nstate=elated\nstarted=-1\n");
  const auto seen = check();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, std::nullopt);
  tree.write(record, "");
  EXPECT_EQ(check()->ok, std::nullopt);
}

TEST_F(VerifyBuild, AMalformedTimeIsLeftOut) {
  for (const char* time : {"", "x", "-5", "99999999999999999999", "1700000600x", "253402300800"}) {
    tree.write(record, std::string("version=1\nstate=failed\nended=") + time + "\nreason=r\n");
    EXPECT_EQ(check()->detail, "the build of rocmfix 1 failed: r") << time;
  }
}

TEST_F(VerifyBuild, AReleaseThatIsAPathReadsNothing) {
  tree.write("var/lib/rocmfix/builds/other", "");
  tree.write("etc/secret", "state=failed\nreason=secret\n");
  Driver driver;
  driver.kernel_release = "../../../../etc/secret";
  EXPECT_FALSE(detail::verify_build(tree.root(), driver));
}

class VerifySource : public ::testing::Test {
 protected:
  void headers(const std::string& id) const {
    tree.write(std::string("lib/modules/") + release + "/build/include/generated/package.h",
               "#define LINUX_PACKAGE_ID \" " + id + "\"\n");
  }
  [[nodiscard]] std::optional<Check> check(const std::string& rocmfix) const {
    Driver driver;
    driver.kernel_release = release;
    driver.installed = InstalledModule{};
    driver.installed->rocmfix = rocmfix;
    return detail::verify_source(tree.root(), driver);
  }
  TemporaryTree tree;
};

TEST_F(VerifySource, TheKernelsOwnIsOk) {
  headers("Debian 6.1.192-2");
  const auto seen = check("series=6.1 patches=6 source=6.1.192-2");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, true);
  EXPECT_EQ(seen->detail, "built from 6.1.192-2, as the kernel");
}

TEST_F(VerifySource, ItNamesUpstreamsFixes) {
  headers("Debian 6.1.192-2");
  const std::string words = "series=6.1 patches=6 source=6.1.192-2 fixes=";
  EXPECT_EQ(check(words + "9b4e3495d1bd,3666ed821832")->detail,
            "built from 6.1.192-2, as the kernel; with upstream's fixes 9b4e3495d1bd,3666ed821832");
  EXPECT_EQ(check(words + "none")->detail, "built from 6.1.192-2, as the kernel");
}

TEST_F(VerifySource, AnotherOneIsStale) {
  headers("Debian 6.1.192-2");
  const auto seen = check("series=6.1 patches=6 source=6.1.190-1");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, "module.source");
  EXPECT_EQ(seen->ok, false);
  EXPECT_EQ(seen->detail, "built from 6.1.190-1, the kernel is 6.1.192-2");
  EXPECT_EQ(seen->hint, "sudo dpkg-reconfigure rocmfix-dkms");
}

TEST_F(VerifySource, AnotherRevisionOfThePackageIsStaleToo) {
  headers("Debian 6.1.192-2");
  EXPECT_EQ(check("source=6.1.192-1")->ok, false);
}

TEST_F(VerifySource, AUsersOwnSourceOfTheSamePointReleaseIsNot) {
  headers("Debian 6.1.192-2");
  const auto seen = check("series=6.1 patches=6 source=6.1.192");
  EXPECT_EQ(seen->ok, true);
  EXPECT_NE(seen->detail.find("a source of your own"), std::string::npos);
}

TEST(VerifySourceOnUbuntu, IsComparedWithTheSignatureOfTheConfiguration) {
  const TemporaryTree tree;
  Driver driver;
  driver.kernel_release = "6.8.0-45-generic";
  driver.kernel_upstream = "6.8.12";
  driver.installed = InstalledModule{};
  const auto check = [&](const char* from) {
    driver.installed->rocmfix = std::string("series=6.8 patches=5 source=") + from;
    return detail::verify_source(tree.root(), driver);
  };
  EXPECT_FALSE(check("6.8.0-45.45")) << "no headers";
  tree.write("lib/modules/6.8.0-45-generic/build/include/config/auto.conf",
             "CONFIG_X=y\nCONFIG_VERSION_SIGNATURE=\"Ubuntu 6.8.0-45.45-generic 6.8.12\"\n");
  EXPECT_EQ(check("6.8.0-45.45")->ok, true);
  EXPECT_EQ(check("6.8.0-44.44")->detail, "built from 6.8.0-44.44, the kernel is 6.8.0-45.45");
  EXPECT_EQ(check("6.8.0")->ok, false) << "upstream's is 6.8.12";
  EXPECT_NE(check("6.8.12")->detail.find("a source of your own"), std::string::npos);
  tree.write("lib/modules/6.8.0-45-generic/build/include/config/auto.conf",
             "CONFIG_X=y\nCONFIG_VERSION_SIGNATURE=\"Ubuntu 6.8.0-45.45-lowlatency 6.8.12\"\n");
  EXPECT_FALSE(check("6.8.0-45.45")) << "of another flavour";
}

TEST(InstallAdvice, OnUbuntuTheSourceComesFromTheArchive) {
  const TemporaryTree tree;
  const std::string kernel = "6.8.0-45-generic";
  tree.write("lib/modules/" + kernel + "/build/Makefile", "");
  tree.write("lib/modules/" + kernel + "/build/include/config/auto.conf",
             "\nCONFIG_VERSION_SIGNATURE=\"Ubuntu 6.8.0-45.45-generic 6.8.12\"\n");
  tree.write("var/lib/dkms/rocmfix/0.1.0/source", "");
  tree.write("etc/os-release", "ID=ubuntu\nID_LIKE=debian\n");
  EXPECT_EQ(detail::install_advice(tree.root(), kernel),
            "sudo rocmfix kernel-source && sudo dpkg-reconfigure rocmfix-dkms");
  tree.write("var/cache/rocmfix/" + kernel + "/amdgpu.tar.xz", "");
  EXPECT_TRUE(detail::install_advice(tree.root(), kernel).starts_with("dkms status rocmfix; "));
}

TEST_F(VerifySource, ALivepatchIsComparedByItsOwnSource) {
  headers("Debian 6.1.192-2");
  Driver driver;
  driver.kernel_release = release;
  driver.livepatch.installed = InstalledModule{};
  driver.livepatch.installed->rocmfix = "source=6.1.190-1";
  const auto seen = detail::verify_source(tree.root(), driver);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ok, false);
  EXPECT_EQ(seen->hint, "sudo dpkg-reconfigure rocmfix-livepatch-dkms");
}

TEST_F(VerifySource, WithoutHeadersOrWithTheStockModuleThereIsNothingToCompare) {
  EXPECT_FALSE(check("series=6.1 patches=6 source=6.1.192-2"));
  headers("Debian 6.1.192-2");
  EXPECT_FALSE(check(""));
  EXPECT_FALSE(check("resource=6.1.190-1"));
}

}  // namespace
}  // namespace rocmfix
