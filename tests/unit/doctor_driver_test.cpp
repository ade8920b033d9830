// SPDX-License-Identifier: MIT
// The checks `driver-parameters` and `driver-build`.
#include <gtest/gtest.h>
#include <filesystem>

#include "doctor_subject.hpp"
#include "policy/line_faults.hpp"
#include "rocmfix/modprobe_conf.hpp"

namespace rocmfix {
namespace {

using test::says;

class DoctorParameters : public testing::Test, public test::CheckedMachine {
 protected:
  DoctorParameters() { in_force("-1"); }
  void in_force(const std::string& value) { machine.driver.loaded->parameters["noretry"] = value; }
  void set(const std::string& file, const std::string& text) {
    tree.write(file, text);
    const auto options = read_module_options(tree.root());
    ASSERT_TRUE(options);
    machine.configured = effective_options(*options);
    machine.configured_by_others = machine.configured;
    const auto faults =
        detail::find_line_faults(tree.root(), machine.driver, Policy::built_in().settings());
    ASSERT_TRUE(faults);
    machine.line_faults = *faults;
  }
  [[nodiscard]] Finding found() const {
    const auto findings = run("driver-parameters");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorParameters, TheDriversDefaultsAreWell) {
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorParameters, AHarmfulOptionIsAWarningWithFileAndLine) {
  set("etc/modprobe.d/amdgpu.conf", "# from a guide\noptions amdgpu noretry=0\n");
  in_force("0");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "noretry=0 in /etc/modprobe.d/amdgpu.conf, line 2"));
  EXPECT_TRUE(says(finding, "/sys/module/amdgpu/parameters/noretry: 0, in force"));
  EXPECT_TRUE(says(finding, "update-initramfs"));
  EXPECT_EQ(finding.command, "sudoedit /etc/modprobe.d/amdgpu.conf");
}

TEST_F(DoctorParameters, WhatTheNextBootWillDoIsSaid) {
  set("etc/modprobe.d/amdgpu.conf", "options amdgpu noretry=0\n");
  EXPECT_TRUE(says(found(), "in force from the next boot on"));
}

TEST_F(DoctorParameters, TheKernelCommandLineHasAFileOfItsOwn) {
  set("proc/cmdline", "quiet amdgpu.noretry=0\n");
  const Finding finding = found();
  EXPECT_TRUE(says(finding, "noretry=0 in the kernel command line"));
  EXPECT_TRUE(says(finding, "update-grub"));
  EXPECT_EQ(finding.command, "sudoedit /etc/default/grub");
}

TEST_F(DoctorParameters, ALineThatKeepsAmdgpuFromLoadingIsAProblem) {
  set("etc/modprobe.d/amdgpu.conf", "options amdgpu noretry\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_TRUE(says(finding, "has no value, and the kernel does not load amdgpu"));
  EXPECT_EQ(finding.command, "sudoedit /etc/modprobe.d/amdgpu.conf");
}

TEST_F(DoctorParameters, ANameThatIsACommandIsQuoted) {
  set("etc/modprobe.d/a;reboot.conf", "options amdgpu noretry\n");
  EXPECT_EQ(found().command, "sudoedit '/etc/modprobe.d/a;reboot.conf'");
  std::filesystem::remove(tree.at("etc/modprobe.d/a;reboot.conf"));
  set("etc/modprobe.d/$(reboot)", "options amdgpu noretry=0\n");
  EXPECT_EQ(found().command,
            "sudo mv '/etc/modprobe.d/$(reboot)' '/etc/modprobe.d/$(reboot).conf'");
}

TEST_F(DoctorParameters, AProposalThatIsOverruledNamesWhatOverrulesIt) {
  machine.gpus.front().gfx = "gfx1010";
  machine.gpus.front().gc = GcVersion{10, 1, 10};
  machine.gpus.front().family = Family::rdna1;
  machine.driver.installed.emplace();
  set("proc/cmdline", "quiet amdgpu.noretry=0\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_TRUE(says(finding, "the kernel command line has noretry=0, which wins"));
  EXPECT_NE(finding.command, "sudo rocmfix apply");
}

TEST_F(DoctorParameters, WhatIsInForceAndNoLongerSetIsTheInitramfss) {
  in_force("0");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "no file of modprobe's sets it now"));
  EXPECT_TRUE(says(finding, "initramfs"));
}

TEST_F(DoctorParameters, AnOverriddenLineIsNoHarm) {
  set("etc/modprobe.d/a.conf", "options amdgpu noretry=0\n");
  set("etc/modprobe.d/b.conf", "options amdgpu noretry=1\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_TRUE(says(finding, "noretry=1 counts"));
  EXPECT_TRUE(says(finding, "a.conf, line 1, which a later one overrides"));
}

TEST_F(DoctorParameters, ADefaultThatCouldBeBetterIsANote) {
  machine.gpus.front().gfx = "gfx1010";
  machine.gpus.front().gc = GcVersion{10, 1, 10};
  machine.gpus.front().family = Family::rdna1;
  machine.driver.installed.emplace();
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_EQ(finding.command, "sudo rocmfix apply");
}

TEST_F(DoctorParameters, UnreadableConfigurationIsUnknownButHarmInForceIsSeen) {
  error = Error{ErrorCode::io, "cannot read /etc/modprobe.d", 13, {}};
  EXPECT_EQ(found().verdict, CheckVerdict::unknown);
  in_force("0");
  EXPECT_EQ(found().verdict, CheckVerdict::warning);
}

class DoctorBuild : public testing::Test, public test::CheckedMachine {
 protected:
  void install() {
    InstalledModule module;
    module.file = "/lib/modules/x/updates/dkms/amdgpu.ko";
    module.version = "0.3";
    module.srcversion = "ABC";
    module.rocmfix = "series=6.12 patches=5";
    machine.driver.installed = module;
    machine.driver.loaded->srcversion = "ABC";
    machine.driver.loaded->parameters["rocmfix"] = "1";
    tree.write("sys/bus/pci/devices/0000:03:00.0/rocmfix/active", "1\n");
  }
  [[nodiscard]] Finding found() const {
    const auto findings = run("driver-build");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorBuild, TheStockDriverAloneIsWell) {
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorBuild, InForceIsWell) {
  install();
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok) << test::text_of(finding);
}

TEST_F(DoctorBuild, NotYetLoadedNeedsAReboot) {
  install();
  machine.driver.loaded->srcversion = "DEF";
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "sudo reboot");
}

TEST_F(DoctorBuild, SwitchedOffByItsUserIsANote) {
  install();
  machine.driver.loaded->parameters["rocmfix"] = "0";
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_TRUE(says(finding, "amdgpu.rocmfix=0"));
}

TEST_F(DoctorBuild, ASentenceIsNoCommand) {
  install();
  machine.driver.loaded->parameters["rocmfix"] = "0";
  machine.options = {{"rocmfix", "0", "/proc/cmdline", 0, true}};
  const Finding finding = found();
  EXPECT_EQ(finding.command, "rocmfix verify");
  EXPECT_NE(finding.remedy.find("/etc/default/grub"), std::string::npos);
}

TEST_F(DoctorBuild, ALivepatchThatIsOffIsNamed) {
  machine.driver.livepatch.installed.emplace();
  machine.driver.livepatch.installed->file = "/lib/modules/x/rocmfix_livepatch.ko";
  Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "sudo rocmfix livepatch on");
  machine.driver.livepatch.loaded.emplace();
  machine.driver.livepatch.state = LivepatchState::disabled;
  finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
}

TEST_F(DoctorParameters, AValueInForceThatDoesNoHarmIsWell) {
  in_force("1");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorParameters, TheSameValueTwiceIsNoContradiction) {
  set("etc/modprobe.d/a.conf", "options amdgpu noretry=1\n");
  set("etc/modprobe.d/b.conf", "options amdgpu noretry=1\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorParameters, WhatIsProposedAndSetIsWell) {
  machine.gpus.front().gfx = "gfx1010";
  machine.gpus.front().gc = GcVersion{10, 1, 10};
  machine.gpus.front().family = Family::rdna1;
  machine.driver.installed.emplace();
  const std::string summary = found().summary;
  const std::string option = summary.substr(0, summary.find(' '));
  set("etc/modprobe.d/amdgpu.conf", "options amdgpu " + option + "\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok) << summary << found().summary;
}

TEST_F(DoctorParameters, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(found().summary, "no parameter is set that does harm here");
  error = Error{ErrorCode::io, "cannot read /etc/modprobe.d", 13, {}};
  EXPECT_EQ(found().summary, "what modprobe would set cannot be read");
}

TEST_F(DoctorBuild, WhatModprobeSetsIsAnotherCheck) {
  install();
  machine.gpus.front().gfx = "gfx1010";
  machine.gpus.front().gc = GcVersion{10, 1, 10};
  machine.gpus.front().family = Family::rdna1;
  machine.configured = {{"noretry", "0"}};
  machine.driver.loaded->parameters["noretry"] = "0";
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok) << test::text_of(finding);
  EXPECT_FALSE(says(finding, "modprobe."));
}

TEST_F(DoctorBuild, ABuildThatLeftNoModuleIsLookedInto) {
  tree.write("var/lib/rocmfix/builds/6.12.48+deb13-amd64", "result=failed\n");
  EXPECT_FALSE(says(found(), "rocmfix-dkms is not installed"));
}

}  // namespace
}  // namespace rocmfix
