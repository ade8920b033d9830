// SPDX-License-Identifier: MIT
// The check `ram-limits`.
#include <gtest/gtest.h>

#include "doctor_subject.hpp"

namespace rocmfix {
namespace {

using test::says;

constexpr std::uint64_t gib = 1ULL << 30U;

class DoctorMemory : public testing::Test, public test::CheckedMachine {
 protected:
  DoctorMemory() {
    machine.ram_mib = 32768;
    machine.gpus.front().vram_bytes = 12 * gib;
    gtt(16 * gib);
    tree.write("proc/self/cgroup", "0::/user.slice/user-1000.slice/session-2.scope\n");
  }
  void gtt(std::uint64_t bytes) const {
    tree.write("sys/bus/pci/devices/0000:03:00.0/mem_info_gtt_total", std::to_string(bytes) + "\n");
  }
  void limit(const std::string& group, const std::string& value,
             const std::string& events = {}) const {
    tree.write("sys/fs/cgroup" + group + "/memory.max", value + "\n");
    tree.write("sys/fs/cgroup" + group + "/memory.events", events);
  }
  [[nodiscard]] Finding found() const {
    const auto findings = run("ram-limits");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorMemory, AMachineWithoutLimitsIsWell) {
  limit("/user.slice", "max");
  tree.write("proc/self/limits",
             "Limit                     Soft Limit           Hard Limit           Units     \n"
             "Max locked memory         8388608              8388608              bytes     \n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok);
  EXPECT_TRUE(says(finding, "locked memory 8388608; HIP's pinned memory does not count"));
}

TEST_F(DoctorMemory, AGroupsLimitIsANoteUntilItWasReached) {
  limit("/user.slice/user-1000.slice", "8589934592", "low 0\noom 0\noom_kill 4\n");
  Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_TRUE(says(finding, "8.0 GiB of the 32.0 GiB"));
  EXPECT_TRUE(says(finding, "/sys/fs/cgroup/user.slice/user-1000.slice/memory.max"));
  limit("/user.slice/user-1000.slice", "8589934592", "low 0\noom 2\noom_kill 2\n");
  finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "2 times"));
}

TEST_F(DoctorMemory, TheLowestOfTheGroupsLimitsCounts) {
  limit("/user.slice", "4294967296");
  limit("/user.slice/user-1000.slice", "8589934592");
  EXPECT_TRUE(says(found(), "4.0 GiB of"));
  limit("/user.slice", "68719476736");
  EXPECT_TRUE(says(found(), "8.0 GiB of"));
}

TEST_F(DoctorMemory, AContainersOwnLimitCounts) {
  tree.write("proc/self/cgroup", "0::/\n");
  limit("", "4294967296");
  EXPECT_TRUE(says(found(), "/sys/fs/cgroup/memory.max: 4294967296"));
}

TEST_F(DoctorMemory, AServiceHasACommand) {
  tree.write("proc/self/cgroup", "0::/system.slice/ollama.service\n");
  limit("/system.slice/ollama.service", "4294967296");
  EXPECT_EQ(found().command, "sudo systemctl set-property ollama.service MemoryMax=infinity");
}

TEST_F(DoctorMemory, AGroupOutsideOfTheNamespaceIsNotFollowed) {
  tree.write("proc/self/cgroup", "0::/../../etc\n");
  tree.write("etc/memory.max", "1\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorMemory, ASmallGttIsANoteWithWhereItIsSet) {
  gtt(8 * gib);
  machine.configured["gttsize"] = "8192";
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_EQ(finding.gpu, "0000:03:00.0");
  EXPECT_TRUE(says(finding, "amdgpu.gttsize=8192 is set"));
}

TEST_F(DoctorMemory, LessMemoryThanVramIsANote) {
  machine.ram_mib = 8192;
  gtt(4 * gib);
  EXPECT_TRUE(says(found(), "8.0 GiB of memory, the card 12.0 GiB of VRAM"));
  machine.gpus.front().apu = true;
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorMemory, WithoutMeminfoItIsUnknown) {
  machine.ram_mib.reset();
  EXPECT_EQ(found().verdict, CheckVerdict::unknown);
}

TEST_F(DoctorMemory, NonsenseInTheFilesIsNoLimit) {
  limit("/user.slice", "99999999999999999999999999");
  limit("/user.slice/user-1000.slice", "-5");
  gtt(16 * gib);
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorMemory, ALimitOfAllTheMemoryIsNone) {
  limit("/user.slice", std::to_string(32 * gib));
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  limit("/user.slice", std::to_string(32 * gib - 1));
  EXPECT_EQ(found().verdict, CheckVerdict::note);
}

TEST_F(DoctorMemory, OnlyAServiceOfTheSystemsHasACommand) {
  for (const char* const group : {"/system.slice/docker-0123.scope", "/user.slice/ollama.service",
                                  "/system.slice/$(reboot).service"}) {
    tree.write("proc/self/cgroup", std::string("0::") + group + "\n");
    limit(group, "4294967296");
    EXPECT_EQ(found().command, "") << group;
  }
}

TEST_F(DoctorMemory, ASmallGttOfNobodysIsTtms) {
  gtt(8 * gib);
  EXPECT_TRUE(says(found(), "ttm.pages_limit, or another limit"));
  machine.configured["gttsize"] = "-1";
  EXPECT_TRUE(says(found(), "ttm.pages_limit, or another limit"));
}

TEST_F(DoctorMemory, ACardOfUnknownMemoryIsNotCompared) {
  machine.gpus.front().vram_bytes.reset();
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

}  // namespace
}  // namespace rocmfix
