// SPDX-License-Identifier: MIT
// The check `secure-boot`.
#include <gtest/gtest.h>

#include "doctor_subject.hpp"

namespace rocmfix {
namespace {

using test::says;

class DoctorSecureBoot : public testing::Test, public test::CheckedMachine {
 protected:
  static constexpr const char* module = "lib/modules/x/updates/dkms/amdgpu.ko";
  void install(bool is_signed) {
    machine.driver.installed =
        InstalledModule{std::string("/") + module, {}, {}, "series=6.12", {}, {}};
    tree.write(module,
               "\x7f"
               "ELF code" +
                   std::string(is_signed ? "~Module signature appended~\n"
                                         : "and no signature at the end"));
  }
  void variable(const std::string& name, const std::string& value) const {
    tree.write("sys/firmware/efi/efivars/" + name, std::string("\x06\0\0\0", 4) + value);
  }
  void secure_boot(char value) const {
    variable("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", std::string(1, value));
  }
  void enrol(const std::string& keys, const std::string& number = {}) const {
    variable("MokListRT" + number + "-605dab50-e046-4300-abb6-3dd810dd8b23", keys);
  }
  [[nodiscard]] Finding found() const {
    const auto findings = run("secure-boot");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorSecureBoot, OffIsWell) {
  install(false);
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  secure_boot(0);
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, OnWithoutOurModuleIsANote) {
  secure_boot(1);
  EXPECT_EQ(found().verdict, CheckVerdict::note);
}

TEST_F(DoctorSecureBoot, AnUnsignedModuleIsAWarning) {
  tree.write("etc/os-release", "ID=debian\n");
  secure_boot(1);
  install(false);
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "not signed"));
  EXPECT_TRUE(says(finding, "--reinstall rocmfix-dkms"));
}

TEST_F(DoctorSecureBoot, AKeyThatIsNotEnrolledIsAWarning) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  enrol("certificate of shim");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "sudo mokutil --import /var/lib/dkms/mok.pub && sudo reboot");
}

TEST_F(DoctorSecureBoot, AnEnrolledKeyIsWellInWhicheverListItIs) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  enrol("shim, certificate of dkms");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  enrol("certificate of shim");
  enrol("certificate of dkms", "1");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, UbuntusKeyIsTheOneThatCounts) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  tree.write("var/lib/shim-signed/mok/MOK.der", "certificate of ubuntu");
  enrol("certificate of ubuntu");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, KeysThatCannotBeReadAreUnknownWithACommand) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::unknown);
  EXPECT_EQ(finding.command, "sudo mokutil --test-key /var/lib/dkms/mok.pub");
  EXPECT_TRUE(says(finding, "cannot be read"));
  std::filesystem::remove(tree.at("var/lib/dkms/mok.pub"));
  EXPECT_EQ(found().verdict, CheckVerdict::unknown);
}

TEST_F(DoctorSecureBoot, AModuleThatIsLoadedWasTaken) {
  secure_boot(1);
  install(false);
  machine.driver.loaded->parameters["rocmfix"] = "1";
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, ShimsOwnSwitchLockdownAndTheParameterCount) {
  install(false);
  secure_boot(1);
  variable("MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23", std::string(1, '\1'));
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  tree.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  tree.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_TRUE(says(found(), "locked down"));
  tree.write("sys/kernel/security/lockdown", "");
  tree.write("sys/module/module/parameters/sig_enforce", "Y\n");
  EXPECT_TRUE(says(found(), "sig_enforce"));
}

TEST_F(DoctorSecureBoot, DamagedVariablesAreNone) {
  install(true);
  tree.write("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\x06");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, InAContainerItIsTheHostsBusiness) {
  secure_boot(1);
  tree.write(".dockerenv", "");
  EXPECT_TRUE(run("secure-boot").empty());
}

TEST_F(DoctorSecureBoot, WhetherTheKeyIsEnrolledIsShown) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  enrol("certificate of shim");
  EXPECT_TRUE(says(found(), "/var/lib/dkms/mok.pub: not enrolled"));
  enrol("certificate of dkms");
  EXPECT_TRUE(says(found(), "/var/lib/dkms/mok.pub: enrolled"));
  tree.write("var/lib/dkms/mok.pub", "");
  EXPECT_FALSE(says(found(), "mok.pub: enrolled")) << "an empty key is in every list";
}

TEST_F(DoctorSecureBoot, AListEndsWhereANumberIsMissing) {
  secure_boot(1);
  install(true);
  tree.write("var/lib/dkms/mok.pub", "certificate of dkms");
  enrol("certificate of shim");
  enrol("certificate of dkms", "2");
  EXPECT_EQ(found().verdict, CheckVerdict::warning) << "MokListRT1 is not there";
}

TEST_F(DoctorSecureBoot, WhatIsLockedDownIsTheWordInBrackets) {
  install(false);
  tree.write("sys/kernel/security/lockdown", "none integrity confidentiality\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok) << "it names no state";
}

TEST_F(DoctorSecureBoot, AVariableThatIsLongerIsNotOn) {
  install(false);
  variable("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\x01\x01");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorSecureBoot, ALivepatchThatIsLoadedWasTaken) {
  secure_boot(1);
  machine.driver.livepatch.installed.emplace();
  machine.driver.livepatch.installed->file = "/lib/modules/x/rocmfix_livepatch.ko";
  machine.driver.livepatch.loaded.emplace();
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

}  // namespace
}  // namespace rocmfix
