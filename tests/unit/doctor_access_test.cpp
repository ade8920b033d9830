// SPDX-License-Identifier: MIT
// The checks `device-access` and `container`.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/container_kind.hpp"
#include "doctor/gpu_access.hpp"
#include "doctor_subject.hpp"

namespace rocmfix {
namespace {

using detail::access_to;
using detail::DeviceNode;
using detail::GpuUser;
using detail::NodeAccess;
using test::says;

constexpr unsigned device = S_IFCHR | 0660U;
constexpr std::uint32_t render = 109;

class DoctorAccess : public testing::Test, public test::CheckedMachine {
 protected:
  DoctorAccess() {
    for (const char* node : {"dev/kfd", "dev/dri/renderD128"}) {
      tree.write(node, "");
      set_mode(node, 0660);
    }
    tree.write("sys/bus/pci/devices/0000:03:00.0/drm/renderD128/dev", "226:128\n");
    circumstances.environment["USER"] = "anna";
    log_in(::getegid());
  }
  void set_mode(const char* node, mode_t mode) const {
    ASSERT_EQ(::chmod(tree.at(node).c_str(), mode), 0);
  }
  // The files of the test belong to whoever runs it: nobody else's number is used here.
  void log_in(std::uint32_t group) const {
    tree.write("proc/self/status",
               "Name:\trocmfix\nUid:\t4711\t4711\t4711\t4711\nGid:\t4711\t4711\t"
               "4711\t4711\nGroups:\t27 " +
                   std::to_string(group) + " \n");
  }
  void define_group(const std::string& members) const {
    tree.write("etc/group",
               "root:x:0:\nbroken\nrender:x:" + std::to_string(::getegid()) + ":" + members + "\n");
  }
  [[nodiscard]] Finding access() const {
    const auto findings = run("device-access");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorAccess, AMemberOfTheNodesGroupMayOpenThem) {
  const Finding finding = access();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok);
  EXPECT_TRUE(says(finding, "anna"));
  EXPECT_TRUE(says(finding, "/dev/dri/renderD128: mode 0660"));
}

TEST_F(DoctorAccess, ThePermissionsOfOthersCount) {
  log_in(1);
  set_mode("dev/kfd", 0666);
  set_mode("dev/dri/renderD128", 0666);
  EXPECT_EQ(access().verdict, CheckVerdict::ok);
}

TEST_F(DoctorAccess, NobodyIsToldToJoinTheGroupOfRoot) {
  if (::getegid() != 0) {
    GTEST_SKIP() << "the nodes of this test belong to another group";
  }
  define_group("");
  log_in(1);
  const Finding finding = access();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_TRUE(says(finding, "udevadm trigger"));
  EXPECT_FALSE(says(finding, "usermod"));
}

TEST_F(DoctorAccess, RootOfANodeWithoutGroupPermissionIsUdevsFault) {
  log_in(1);
  set_mode("dev/kfd", 0600);
  EXPECT_TRUE(says(access(), "udevadm trigger"));
}

TEST_F(DoctorAccess, AMissingNodeIsAProblem) {
  std::filesystem::remove(tree.at("dev/kfd"));
  const Finding finding = access();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_TRUE(says(finding, "no device node /dev/kfd"));
}

TEST_F(DoctorAccess, AFolderIsNoNode) {
  std::filesystem::remove(tree.at("dev/kfd"));
  std::filesystem::create_directory(tree.at("dev/kfd"));
  EXPECT_EQ(access().verdict, CheckVerdict::problem);
}

TEST_F(DoctorAccess, LinksInCirclesAreUnknown) {
  std::filesystem::remove(tree.at("dev/kfd"));
  tree.link("dev/kfd", "kfd");
  EXPECT_EQ(access().verdict, CheckVerdict::unknown);
}

TEST_F(DoctorAccess, ARootWithoutNodesOrProcessesIsUnknown) {
  std::filesystem::remove(tree.at("proc/self/status"));
  EXPECT_EQ(access().verdict, CheckVerdict::unknown);
  std::filesystem::remove_all(tree.at("dev"));
  EXPECT_EQ(access().verdict, CheckVerdict::unknown);
}

TEST_F(DoctorAccess, WithoutADriverThereIsNothingToAsk) {
  machine.driver.loaded.reset();
  EXPECT_TRUE(run("device-access").empty());
}

// The groups of this test's own files are of no use for these: root's, where root runs it.
class DoctorGroups : public DoctorAccess {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root can give files to another group";
    }
    for (const char* node : {"dev/kfd", "dev/dri/renderD128"}) {
      ASSERT_EQ(::chown(tree.at(node).c_str(), 0, render), 0);
    }
    log_in(1);
    tree.write("etc/group", "root:x:0:\nrender:x:109:bert\n");
  }
};

TEST_F(DoctorGroups, TheCommandHasTheGroupOfThisMachineAndTheUser) {
  const Finding finding = access();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_EQ(finding.summary, "anna may not open /dev/kfd and /dev/dri/renderD128");
  EXPECT_EQ(finding.command, "sudo usermod -aG render anna");
  EXPECT_TRUE(says(finding, "log in again"));
  EXPECT_TRUE(says(finding, "group render (109)"));
}

TEST_F(DoctorGroups, TwoGroupsAreTwoNames) {
  ASSERT_EQ(::chown(tree.at("dev/kfd").c_str(), 0, 44), 0);
  tree.write("etc/group", "video:x:44:\nrender:x:109:\n");
  EXPECT_EQ(access().command, "sudo usermod -aG video,render anna");
}

TEST_F(DoctorGroups, ASessionFromBeforeTheGroupHasToEnd) {
  tree.write("etc/group", "render:x:109:bert,anna\n");
  const Finding finding = access();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_TRUE(finding.command.empty());
  EXPECT_TRUE(says(finding, "Log out"));
}

TEST_F(DoctorGroups, ANameThatAShellWouldTakeApartIsNotPrinted) {
  circumstances.environment["USER"] = "anna; reboot";
  EXPECT_EQ(access().command, "sudo usermod -aG render \"$USER\"");
}

TEST_F(DoctorGroups, AGroupWithoutANameIsNoAdvice) {
  tree.write("etc/group", "");
  EXPECT_FALSE(says(access(), "usermod"));
}

TEST_F(DoctorGroups, UnderSudoTheUserBehindItIsExamined) {
  tree.write("proc/self/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0\n");
  EXPECT_EQ(access().verdict, CheckVerdict::ok);
  circumstances.environment["SUDO_UID"] = "4711";
  circumstances.environment["SUDO_GID"] = "4711";
  circumstances.environment["SUDO_USER"] = "anna";
  EXPECT_EQ(access().command, "sudo usermod -aG render anna");
  tree.write("etc/group", "render:x:109:anna\n");
  EXPECT_EQ(access().verdict, CheckVerdict::ok);
}

TEST_F(DoctorAccess, WhatTheKernelSaysOfThisProcessWins) {
  const Root root = std::move(*Root::open("/"));
  const GpuUser member{4711, {render}, "anna", false};
  const GpuUser other{4711, {1}, "anna", false};
  const auto node = [](std::optional<bool> usable) {
    return DeviceNode{"/dev/kfd", FileStatus{device, 0, render, usable}, 0};
  };
  EXPECT_EQ(access_to(node(true), member, root), NodeAccess::allowed);
  EXPECT_EQ(access_to(node(true), other, root), NodeAccess::listed);
  EXPECT_EQ(access_to(node(false), other, root), NodeAccess::denied);
  EXPECT_EQ(access_to(node(false), member, root), NodeAccess::blocked);
  EXPECT_EQ(access_to(node(std::nullopt), member, root), NodeAccess::allowed);
  EXPECT_EQ(access_to(node(std::nullopt), other, root), NodeAccess::denied);
  EXPECT_EQ(access_to({"/dev/kfd", FileStatus{S_IFREG | 0666U, 0, 0, true}, 0}, member, root),
            NodeAccess::missing);
}

class DoctorContainer : public DoctorAccess {
 protected:
  DoctorContainer() { tree.write(".dockerenv", ""); }
  [[nodiscard]] Finding found() const {
    const auto findings = run("container");
    EXPECT_FALSE(findings.empty());
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorContainer, OnAHostThereIsNothingToSay) {
  std::filesystem::remove(tree.at(".dockerenv"));
  EXPECT_TRUE(run("container").empty());
  tree.write("proc/1/cgroup", "0::/init.scope\n");
  EXPECT_TRUE(run("container").empty());
  tree.write("proc/1/cgroup", "0::/system.slice/docker-0123.scope\n1:cpu:/docker/0123\n");
  EXPECT_EQ(run("container").size(), 1U);
}

TEST_F(DoctorContainer, InsideTheOtherCheckIsSilent) {
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  EXPECT_TRUE(run("device-access").empty());
}

TEST_F(DoctorContainer, MissingNodesAreAskedForWithTheHostsGroupsByNumber) {
  std::filesystem::remove(tree.at("dev/kfd"));
  std::filesystem::remove_all(tree.at("dev/dri"));
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_EQ(finding.command,
            "docker run --device /dev/kfd --device /dev/dri --group-add $(stat -c %g /dev/kfd) "
            "--group-add $(stat -c %g /dev/dri/renderD128) IMAGE");
}

TEST_F(DoctorContainer, RootlessPodmanKeepsTheCallersGroups) {
  tree.write("run/.containerenv", "");
  tree.write("proc/self/uid_map", "         0       1000          1\n");
  std::filesystem::remove(tree.at("dev/kfd"));
  EXPECT_EQ(found().command,
            "podman run --device /dev/kfd --device /dev/dri --group-add keep-groups IMAGE");
}

TEST_F(DoctorContainer, ASmallSharedMemoryIsANote) {
  tree.write("proc/self/mounts", "shm /dev/shm tmpfs rw,nosuid,size=65536k 0 0\n");
  const auto findings = run("container");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].verdict, CheckVerdict::note);
  EXPECT_TRUE(says(findings[1], "64 MiB"));
  tree.write("proc/self/mounts", "tmpfs /dev/shm tmpfs rw,size=8388608k 0 0\nx\n/dev/shm\n");
  EXPECT_EQ(run("container").size(), 1U);
}

TEST_F(DoctorContainer, EnginesAreToldApart) {
  const auto engine = [&](const char* path, const char* text) {
    const test::CheckedMachine other;
    other.tree.write(path, text);
    const Root root = other.tree.root();
    const auto kind = detail::container_kind(other.subject(root));
    return kind ? kind->engine : "none";
  };
  EXPECT_EQ(engine("run/.containerenv", ""), "podman");
  EXPECT_EQ(engine("run/systemd/container", "lxc\n"), "lxc");
  EXPECT_EQ(engine("run/systemd/container", "\x1b[31mwsl\n"), "container");
  EXPECT_EQ(engine("proc/1/cgroup", "0::/kubepods.slice/x\n"), "kubernetes");
  EXPECT_EQ(engine("proc/1/cgroup", "0::/\n"), "none");
}

TEST_F(DoctorContainer, WithoutAProcessToJudgeByItIsUnknown) {
  std::filesystem::remove(tree.at("proc/self/status"));
  EXPECT_EQ(found().verdict, CheckVerdict::unknown);
}

TEST_F(DoctorGroups, AGroupThatMayOnlyReadIsNoHelp) {
  set_mode("dev/kfd", 0640);
  EXPECT_TRUE(says(access(), "udevadm trigger"));
  EXPECT_FALSE(says(access(), "usermod"));
}

TEST_F(DoctorGroups, OneNodeOfRootsGroupSpoilsTheAdviceForBoth) {
  ASSERT_EQ(::chown(tree.at("dev/kfd").c_str(), 0, 0), 0);
  EXPECT_TRUE(says(access(), "udevadm trigger"));
}

TEST_F(DoctorGroups, AMemberOfOneOfTwoGroupsHasToJoinTheOther) {
  ASSERT_EQ(::chown(tree.at("dev/kfd").c_str(), 0, 44), 0);
  tree.write("etc/group", "video:x:44:\nrender:x:109:anna\n");
  EXPECT_EQ(access().command, "sudo usermod -aG video,render anna");
}

TEST_F(DoctorAccess, RootIsToldThatOtherUsersAreNotExamined) {
  tree.write("proc/self/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0\n");
  circumstances.environment.erase("USER");
  const Finding finding = access();
  EXPECT_EQ(finding.summary, "root may open the GPU's device nodes");
  EXPECT_TRUE(says(finding, "other users are not examined"));
  log_in(::getegid());
  EXPECT_EQ(access().summary, "this user may open the GPU's device nodes");
  EXPECT_FALSE(says(access(), "other users"));
}

TEST_F(DoctorAccess, TheUsersNameIsThatOfTheFirstVariableThatHasOne) {
  circumstances.environment["LOGNAME"] = "bert";
  EXPECT_TRUE(says(access(), "anna may open"));
  circumstances.environment["USER"] = "-rf";
  EXPECT_TRUE(says(access(), "bert may open"));
  circumstances.environment["LOGNAME"] = std::string(65, 'x');
  EXPECT_TRUE(says(access(), "this user may open"));
}

TEST_F(DoctorAccess, AFolderIsNamedAsNoDeviceNode) {
  std::filesystem::remove(tree.at("dev/kfd"));
  std::filesystem::create_directory(tree.at("dev/kfd"));
  EXPECT_TRUE(says(access(), ", not a device node"));
  std::filesystem::remove(tree.at("dev/kfd"));
  tree.write("dev/kfd", "");
  EXPECT_FALSE(says(access(), "not a device node"));
}

TEST_F(DoctorAccess, ANodeBelowAFileIsMissing) {
  std::filesystem::remove_all(tree.at("dev/dri"));
  tree.write("dev/dri", "");
  EXPECT_TRUE(says(access(), "no device node /dev/dri/renderD128"));
}

TEST_F(DoctorAccess, OnlyANumberMakesARenderNode) {
  std::filesystem::remove_all(tree.at("sys/bus/pci/devices/0000:03:00.0/drm"));
  tree.write("sys/bus/pci/devices/0000:03:00.0/drm/renderDx/dev", "226:128\n");
  EXPECT_FALSE(says(access(), "renderD"));
}

TEST_F(DoctorGroups, ASudoThatDoesNotSayWhoIsRoots) {
  tree.write("proc/self/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0\n");
  auto& environment = circumstances.environment;
  const auto call = [&](const char* id, const char* group, const char* name) {
    environment["SUDO_UID"] = id;
    environment["SUDO_GID"] = group;
    environment["SUDO_USER"] = name;
    return access().verdict;
  };
  EXPECT_EQ(call("4711", "4711", "anna"), CheckVerdict::problem);
  EXPECT_EQ(call("x", "4711", "anna"), CheckVerdict::ok);
  EXPECT_EQ(call("0", "4711", "anna"), CheckVerdict::ok);
  EXPECT_EQ(call("4711", "", "anna"), CheckVerdict::ok);
  EXPECT_EQ(call("4711", "4711", "anna; reboot"), CheckVerdict::ok);
}

TEST_F(DoctorContainer, NodesThatMayNotBeOpenedAreAProblem) {
  log_in(1);
  for (const char* node : {"dev/kfd", "dev/dri/renderD128"}) {
    set_mode(node, 0600);
  }
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_EQ(finding.summary, "this docker has the GPU's device nodes, but may not open them");
}

TEST_F(DoctorGroups, InAContainerEachGroupOfTheNodesIsHandedOnOnce) {
  tree.write(".dockerenv", "");
  const auto command = [&] { return run("container").front().command; };
  EXPECT_EQ(command(), "docker run --device /dev/kfd --device /dev/dri --group-add 109 IMAGE");
  ASSERT_EQ(::chown(tree.at("dev/kfd").c_str(), 0, 0), 0);
  EXPECT_EQ(command(), "docker run --device /dev/kfd --device /dev/dri --group-add 109 IMAGE");
}

TEST_F(DoctorContainer, RootlessIsSaidWithWhatItNeeds) {
  EXPECT_FALSE(says(found(), "rootless"));
  tree.write("proc/self/uid_map", "         0          0 4294967295\n");
  EXPECT_FALSE(says(found(), "rootless"));
  tree.write("proc/self/uid_map", "         0     100000      65536\n");
  EXPECT_TRUE(says(found(), "/.dockerenv is there; rootless"));
  tree.write("proc/self/uid_map", "         0          0      65536\n");
  EXPECT_TRUE(says(found(), "; rootless"));
  std::filesystem::remove(tree.at("dev/kfd"));
  EXPECT_TRUE(says(found(), "needs the runtime crun"));
  std::filesystem::remove(tree.at("proc/self/uid_map"));
  EXPECT_FALSE(says(found(), "crun"));
}

TEST_F(DoctorContainer, OnlyTheSizeOfTheSharedMemoryCounts) {
  for (const char* const mounts :
       {"tmpfs /run tmpfs rw,size=65536k 0 0\n", "shm /dev/shm tmpfs rw,nr_inodes=65536k 0 0\n",
        "shm /dev/shm tmpfs rw,size=65536 0 0\n", "shm /dev/shm tmpfs rw 0 0\n"}) {
    tree.write("proc/self/mounts", mounts);
    EXPECT_EQ(run("container").size(), 1U) << mounts;
  }
  tree.write("proc/self/mounts", "shm /dev/shm tmpfs rw,size=65536k 0 0\n");
  EXPECT_EQ(run("container")[1].command, "docker run --shm-size 8g ...");
  tree.write("run/.containerenv", "");
  EXPECT_EQ(run("container")[1].command, "podman run --shm-size 8g ...");
}

TEST_F(DoctorContainer, AnEmptyVariableIsNoContainer) {
  std::filesystem::remove(tree.at(".dockerenv"));
  circumstances.environment["container"] = "";
  EXPECT_TRUE(run("container").empty());
  circumstances.environment["container"] = "oci";
  EXPECT_TRUE(says(found(), "the environment has container=oci"));
}

TEST_F(DoctorContainer, EachEngineHasItsOwnWay) {
  std::filesystem::remove(tree.at(".dockerenv"));
  std::filesystem::remove(tree.at("dev/kfd"));
  const auto advice = [&](const char* engine) {
    tree.write("run/systemd/container", engine);
    const Finding finding = found();
    EXPECT_EQ(finding.verdict, CheckVerdict::problem);
    return test::text_of(finding) + finding.source;
  };
  const std::string lxc = advice("lxc\n");
  EXPECT_NE(lxc.find("pct set ID"), std::string::npos) << lxc;
  EXPECT_NE(lxc.find("getent group render"), std::string::npos) << lxc;
  EXPECT_NE(lxc.find("pct(1)"), std::string::npos) << lxc;
  const std::string nspawn = advice("systemd-nspawn\n");
  EXPECT_NE(nspawn.find("--bind=/dev/kfd"), std::string::npos) << nspawn;
  EXPECT_NE(nspawn.find("systemd-nspawn(1)"), std::string::npos) << nspawn;
  EXPECT_NE(advice("docker\n").find("-v in place of --device"), std::string::npos);
  tree.write("var/run/secrets/kubernetes.io/serviceaccount/token", "");
  const std::string kubernetes = advice("docker\n");
  EXPECT_NE(kubernetes.find("amd.com/gpu: 1"), std::string::npos) << kubernetes;
  EXPECT_NE(kubernetes.find("k8s-device-plugin"), std::string::npos) << kubernetes;
}

TEST_F(DoctorAccess, AMissingNodeIsMadeAgainByUdev) {
  std::filesystem::remove(tree.at("dev/kfd"));
  EXPECT_TRUE(access().command.starts_with("sudo udevadm trigger")) << access().command;
  EXPECT_NE(access().source, "");
}

}  // namespace
}  // namespace rocmfix
