// SPDX-License-Identifier: MIT
// The check `log-history`, and the logs of this boot and the last that it reads.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "doctor_subject.hpp"
#include "machine/log_files.hpp"

namespace rocmfix {
namespace {

using detail::read_logged_boots;
using test::says;

constexpr const char* boot =
    "Nov  1 10:00:00 host kernel: [    0.000000] Linux version 6.12.48+deb13-amd64 "
    "(debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14)\n";
constexpr const char* fault =
    "Nov  1 10:01:00 host kernel: [   61.000000] amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault "
    "(src_id:0 ring:24 vmid:8 pasid:32770, for process python3 pid 4711 thread python3 pid 4711)\n"
    "Nov  1 10:01:00 host kernel: [   61.000001] amdgpu 0000:03:00.0: amdgpu:   in page starting "
    "at "
    "address 0x00007f3d7a123000 from client 0x1b (UTCL2)\n";
constexpr const char* other_gpu =
    "Nov  1 10:01:00 host kernel: [   61.000000] amdgpu 0000:0a:00.0: amdgpu: [gfxhub] page fault "
    "(src_id:0 ring:24 vmid:8 pasid:32770, for process python3 pid 4711 thread python3 pid 4711)\n"
    "Nov  1 10:01:00 host kernel: [   61.000001] amdgpu 0000:0a:00.0: amdgpu:   in page starting "
    "at "
    "address 0x00007f3d7a123000 from client 0x1b (UTCL2)\n";
constexpr const char* calm = "Nov  1 10:02:00 host kernel: [   62.000000] usb 1-1: new device\n";
constexpr const char* kmsg = "6,339,5140900,-;usb 1-1: new device\n";

class DoctorHistory : public testing::Test, public test::CheckedMachine {
 protected:
  [[nodiscard]] detail::Findings found() const { return run("log-history"); }
};

TEST_F(DoctorHistory, TwoCalmBootsAreWell) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + calm + boot + calm);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::ok);
  EXPECT_TRUE(says(findings[0], "this boot: /dev/kmsg"));
  EXPECT_TRUE(says(findings[0], "the last boot: /var/log/kern.log"));
}

TEST_F(DoctorHistory, AFaultOfThisBootIsAWarning) {
  tree.write("dev/kmsg",
             "6,339,61000000,-;amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 "
             "vmid:8 pasid:32770, for process python3 pid 4711 thread python3 pid 4711)\n"
             "6,340,61000001,-;amdgpu 0000:03:00.0: amdgpu:   in page starting at address "
             "0x00007f3d7a123000 from client 0x1b (UTCL2)\n");
  tree.write("var/log/kern.log", std::string(boot) + calm + boot + calm);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(findings[0], "this boot: GPU page fault"));
  EXPECT_TRUE(says(findings[0], "[gfxhub] page fault"));
  EXPECT_EQ(findings[0].command, "sudo dmesg | rocmfix explain");
}

TEST_F(DoctorHistory, AFaultOfTheLastBootIsNotOneOfThis) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + fault + boot + calm);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(says(findings[0], "the last boot: GPU page fault"));
  EXPECT_EQ(findings[0].command, "rocmfix explain /var/log/kern.log");
}

TEST_F(DoctorHistory, AFaultFromBeforeTheLastBootIsHistory) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + fault + boot + calm + boot + calm);
  EXPECT_EQ(found()[0].verdict, CheckVerdict::ok);
}

TEST_F(DoctorHistory, AGpuThatIsLeftAloneIsNotTheSubject) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + other_gpu + boot + other_gpu);
  EXPECT_EQ(found()[0].verdict, CheckVerdict::ok);
}

TEST_F(DoctorHistory, WhatOnlyTheJournalHasIsUnknownWithACommand) {
  tree.write("dev/kmsg", kmsg);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::unknown);
  EXPECT_EQ(findings[0].command, "journalctl -k -b -1 | rocmfix explain");
}

TEST_F(DoctorHistory, WithoutAnyLogBothBootsAreUnknown) {
  const auto findings = found();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::unknown);
  EXPECT_EQ(findings[0].command, "sudo dmesg | rocmfix explain");
}

TEST_F(DoctorHistory, WithoutTheKernelsOwnLogTheFileHasThisBoot) {
  tree.write("var/log/syslog", std::string(boot) + calm + boot + fault);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(says(findings[0], "this boot: GPU page fault"));
  EXPECT_EQ(findings[0].command, "rocmfix explain /var/log/syslog");
}

TEST_F(DoctorHistory, TheRotatedFileHasTheLastBoot) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + calm);
  tree.write("var/log/kern.log.1", std::string(boot) + calm + boot + fault);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(says(findings[0], "the last boot: GPU page fault"));
}

TEST_F(DoctorHistory, ABootThatBeganBeforeTheRotationIsOne) {
  tree.write("var/log/kern.log", calm);
  tree.write("var/log/kern.log.1", std::string(boot) + fault + boot + calm);
  const Root root = tree.root();
  const auto boots = read_logged_boots(root);
  ASSERT_TRUE(boots.current && boots.previous);
  EXPECT_EQ(boots.current->text, std::string(boot) + calm + calm);
  EXPECT_EQ(boots.previous->text, std::string(boot) + fault);
}

TEST_F(DoctorHistory, OfALargeLogOnlyTheEndIsRead) {
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + fault);
  // A hole of 1 GiB, which cannot be read in time.
  std::filesystem::resize_file(tree.at("var/log/kern.log"), 1U << 30U);
  std::ofstream(tree.at("var/log/kern.log"), std::ios::app) << '\n'
                                                            << boot << calm << boot << fault;
  const auto begin = std::chrono::steady_clock::now();
  const auto findings = found();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::ok);
}

TEST_F(DoctorHistory, AFifoOrLinksInCirclesAreNoLog) {
  ASSERT_TRUE(std::filesystem::create_directories(tree.at("var/log")));
  ASSERT_EQ(::mkfifo(tree.at("var/log/kern.log").c_str(), 0600), 0);
  tree.link("var/log/syslog", "syslog");
  tree.write("dev/kmsg", kmsg);
  EXPECT_EQ(found()[0].verdict, CheckVerdict::unknown);
}

TEST_F(DoctorHistory, AFloodOfFaultsIsOneFinding) {
  std::string log = std::string(boot) + calm + boot;
  for (int one = 0; one < 3000; ++one) {
    log += std::string(fault) + std::string(calm);
  }
  tree.write("var/log/kern.log", log);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_LE(findings[0].evidence.size(), 8U);
}

/// The fault in another minute, by both clocks.
std::string fault_at(char minute) {
  std::string text = fault;
  for (auto at = text.find("10:01:00"); at != std::string::npos;
       at = text.find("10:01:00", at + 1)) {
    text[at + 4] = minute;
  }
  for (auto at = text.find("   61."); at != std::string::npos; at = text.find("   61.", at + 1)) {
    text[at + 2] = minute;
  }
  return text;
}

TEST_F(DoctorHistory, OfManyIncidentsTheLastAreShownAndTheNumberIsSaid) {
  std::string log = std::string(boot) + calm + boot;
  for (const char minute : {'1', '2', '3', '4', '5'}) {
    log += fault_at(minute);
  }
  tree.write("var/log/kern.log", log);
  EXPECT_TRUE(says(found()[0], "the last 3 of 5 incidents"));
  tree.write("var/log/kern.log", std::string(boot) + calm + boot + fault);
  EXPECT_FALSE(says(found()[0], "incidents"));
}

TEST_F(DoctorHistory, ARefusalOfAtomicsIsHistory) {
  tree.write("dev/kmsg",
             "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:73ff, PCI rejects atomics "
             "91<92\n");
  tree.write("var/log/kern.log", std::string(boot) + calm + boot + calm);
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::warning) << test::text_of(findings[0]);
}

TEST_F(DoctorHistory, AnUnsupportedCardIsNotTheSubject) {
  machine.gpus.push_back(machine.gpus.front());
  machine.gpus.back().bdf = "0000:0a:00.0";
  machine.gpus.back().supported = false;
  tree.write("dev/kmsg", kmsg);
  tree.write("var/log/kern.log", std::string(boot) + other_gpu + boot + calm);
  EXPECT_EQ(found()[0].verdict, CheckVerdict::ok);
}

TEST_F(DoctorHistory, AnEmptyKernelLogIsNoCalmBoot) {
  tree.write("dev/kmsg", "");
  tree.write("var/log/kern.log", std::string(boot) + calm + boot + fault);
  EXPECT_TRUE(says(found()[0], "this boot: GPU page fault"));
}

TEST_F(DoctorHistory, OfTwoLogsThatCannotBeReadTheFirstIsNamed) {
  ASSERT_TRUE(std::filesystem::create_directories(tree.at("var/log")));
  ASSERT_EQ(::mkfifo(tree.at("var/log/syslog").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(tree.at("var/log/messages").c_str(), 0600), 0);
  const auto boots = read_logged_boots(tree.root());
  ASSERT_TRUE(boots.error);
  EXPECT_NE(boots.error->what.find("syslog"), std::string::npos) << boots.error->what;
  const test::TemporaryTree empty;
  EXPECT_FALSE(read_logged_boots(empty.root()).error) << "a log that is missing is no error";
}

}  // namespace
}  // namespace rocmfix
