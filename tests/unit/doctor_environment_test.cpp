// SPDX-License-Identifier: MIT
// The check `environment`, and where it finds that variables are set.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/assignments.hpp"
#include "doctor_subject.hpp"

namespace rocmfix {
namespace {

using detail::AssignedIn;
using detail::parse_assignments;
using test::says;

/// "NAME=VALUE:LINE ..."
std::string parsed(std::string_view text, AssignedIn kind, bool exported = true) {
  std::string all;
  for (const auto& one : parse_assignments(text, kind)) {
    if (one.exported == exported) {
      all += (all.empty() ? "" : " ") + one.name + "=" + one.value + ":" + std::to_string(one.line);
    }
  }
  return all;
}

TEST(Assignments, OfAShellAreThoseThatItExports) {
  EXPECT_EQ(parsed("# export A=0\nexport A=1 B='2 3'\n", AssignedIn::shell), "A=1:2 B=2 3:2");
  EXPECT_EQ(parsed("A=1\nB=2\nexport B\n", AssignedIn::shell), "B=2:2");
  EXPECT_EQ(parsed("A=1 make\n", AssignedIn::shell), "");
  EXPECT_EQ(parsed("declare -x A=1; declare B=2\n", AssignedIn::shell), "A=1:1");
  EXPECT_EQ(parsed("if true; then export A=\"1\"; fi # export B=2\n", AssignedIn::shell), "A=1:1");
  EXPECT_EQ(parsed("export A=1 \\\n  B=2\nexport C=3\n", AssignedIn::shell), "A=1:1 B=2:1 C=3:3");
}

TEST(Assignments, ThoseThatAShellKeepsToItselfAreToldApart) {
  EXPECT_EQ(parsed("A=1\nB=2\nexport B\nC=3 make\n", AssignedIn::shell, false), "A=1:1");
  EXPECT_EQ(parsed("A=1\nset -a\nB=2\nset +a\nC=3\n", AssignedIn::shell, false), "A=1:1 C=3:5");
  EXPECT_EQ(parsed("A=1\nset -a\nB=2\n", AssignedIn::shell), "B=2:3");
  EXPECT_EQ(parsed("set -g A 1\nset -l B 2\nset --local C 3\nset -q D E\nset -f F 4\n",
                   AssignedIn::fish, false),
            "A=1:1");
  EXPECT_EQ(parsed("SETUVAR A:1\nSETUVAR --export B:2\n", AssignedIn::fish_universal, false),
            "A=1:1");
}

TEST(Assignments, AValueThatAShellWouldExpandIsLeftOut) {
  EXPECT_EQ(parsed("export A=$B C=`d` E=\"$F\" G='$H'\n", AssignedIn::shell), "G=$H:1");
}

TEST(Assignments, OfEnvironmentFilesAreAll) {
  EXPECT_EQ(parsed("A=1\n#B=2\nexport C=\"3\"\nnonsense\n", AssignedIn::environment_file),
            "A=1:1 C=3:3");
}

TEST(Assignments, OfFishAreTheExportedOnes) {
  EXPECT_EQ(parsed("set -gx A 1\nset B 2\nset --export --global C '3'\nset -e A\nset -Ux D 4\n"
                   "export E=5\nset -gx PATH a b\nif status is-login; set -x F 6; end\n",
                   AssignedIn::fish),
            "A=1:1 C=3:3 D=4:5 E=5:6 F=6:8");
}

TEST(Assignments, FishsOwnVariablesAreEscaped) {
  EXPECT_EQ(parsed("# This file contains fish universal variable definitions.\n# VERSION: 3.0\n"
                   "SETUVAR --export A:10\\x2e3\\x2e0\nSETUVAR B:1\nSETUVAR --export bad\n"
                   "SETUVAR --export C:\\x\n",
                   AssignedIn::fish_universal),
            "A=10.3.0:3 C=\\x:6");
}

TEST(Assignments, OfAUnitAreItsEnvironmentAndItsFiles) {
  EXPECT_EQ(parsed("[Service]\nEnvironment=\"A=1 2\" B=3 \\\n  C=4\n;Environment=D=5\n"
                   "EnvironmentFile=-/etc/default/ollama\n",
                   AssignedIn::unit),
            "A=1 2:2 B=3:2 C=4:2 =/etc/default/ollama:5");
}

TEST(Assignments, BytesOfAnyKindAreNoReasonToStop) {
  std::string bytes;
  for (int at = 0; at < 4096; ++at) {
    bytes += static_cast<char>(at * 7 % 256);
  }
  bytes += "\nexport A=1\n\"unclosed\n\\";
  for (const AssignedIn kind : {AssignedIn::shell, AssignedIn::fish, AssignedIn::fish_universal,
                                AssignedIn::environment_file, AssignedIn::unit}) {
    parse_assignments(bytes, kind);
    parse_assignments(std::string(100'000, '\\'), kind);
  }
  EXPECT_EQ(parsed(bytes, AssignedIn::shell).find("A=1"), 0U);
}

class DoctorEnvironment : public testing::Test, public test::CheckedMachine {
 protected:
  DoctorEnvironment() { circumstances.environment["HOME"] = "/home/anna"; }
  [[nodiscard]] Finding found() const {
    const auto findings = run("environment");
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding() : findings.front();
  }
};

TEST_F(DoctorEnvironment, NothingSetIsWell) {
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorEnvironment, WhatIsHarmlessIsWell) {
  circumstances.environment["HSA_XNACK"] = "0";
  tree.write("home/anna/.profile", "export HSA_XNACK=0\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok);
  EXPECT_TRUE(says(finding, "/home/anna/.profile, line 1"));
}

TEST_F(DoctorEnvironment, AnInheritedVariableIsAWarning) {
  circumstances.environment["HSA_DISABLE_CACHE"] = "1";
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "unset HSA_DISABLE_CACHE");
}

TEST_F(DoctorEnvironment, AValueThatTheRuntimeRejectsIsAProblem) {
  for (const char* value : {"gfx1030", "1030", "10.3", "", "10.3.0 "}) {
    circumstances.environment["HSA_OVERRIDE_GFX_VERSION"] = value;
    EXPECT_EQ(found().verdict, CheckVerdict::problem) << value;
  }
}

TEST_F(DoctorEnvironment, FileAndLineAreNamed) {
  tree.write("home/anna/.bashrc", "# mine\nexport HSA_FORCE_FINE_GRAIN_PCIE=1\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "/home/anna/.bashrc, line 2"));
  EXPECT_EQ(finding.command, "${EDITOR:-nano} +2 /home/anna/.bashrc");
}

TEST_F(DoctorEnvironment, AValueOfAnyLengthAndAnyBytesIsCut) {
  circumstances.environment["HSA_DISABLE_CACHE"] = "1\x1b[31m" + std::string(100'000, 'x');
  EXPECT_LT(found().summary.size(), 200U);
  EXPECT_EQ(found().summary.find('\x1b'), std::string::npos);
}

TEST_F(DoctorEnvironment, UnsettingIsNoAdviceForWhatAFileSets) {
  circumstances.environment["HSA_OVERRIDE_GFX_VERSION"] = "10.3";
  EXPECT_TRUE(says(found(), "Type: unset"));
  tree.write("etc/environment", "HSA_OVERRIDE_GFX_VERSION=10.3\n");
  EXPECT_FALSE(says(found(), "Type: unset"));
}

TEST_F(DoctorEnvironment, OneVariableInSeveralPlacesIsOneFinding) {
  circumstances.environment["HSA_DISABLE_CACHE"] = "1";
  tree.write("etc/environment", "HSA_DISABLE_CACHE=1\n");
  tree.write("home/anna/.config/environment.d/gpu.conf", "HSA_DISABLE_CACHE=1\n");
  const Finding finding = found();
  EXPECT_TRUE(says(finding, "set in this environment"));
  EXPECT_TRUE(says(finding, "/etc/environment, line 1"));
  EXPECT_TRUE(says(finding, "gpu.conf, line 1"));
  EXPECT_EQ(finding.command, "sudoedit /etc/environment");
}

TEST_F(DoctorEnvironment, FishHasACommandOfItsOwn) {
  tree.write("home/anna/.config/fish/fish_variables", "SETUVAR --export HSA_DISABLE_CACHE:1\n");
  EXPECT_EQ(found().command, "fish -c 'set -Ue HSA_DISABLE_CACHE'");
}

TEST_F(DoctorEnvironment, WhatIsNotExportedIsToldOnce) {
  tree.write("home/anna/.config/fish/fish_variables", "SETUVAR HSA_XNACK:0\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_EQ(finding.summary, "HSA_XNACK=0 is set, but not exported");
  EXPECT_EQ(finding.command, "fish -c 'set -Ux HSA_XNACK 0'");
  tree.write("home/anna/.profile", "export HSA_XNACK=0\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
}

TEST_F(DoctorEnvironment, NobodyIsToldToExportWhatDoesHarm) {
  tree.write("home/anna/.bashrc", "HSA_DISABLE_CACHE=1\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_TRUE(says(finding, "would do harm here"));
  EXPECT_EQ(finding.command, "");
}

TEST_F(DoctorEnvironment, AServicesDropInAndItsFilesCount) {
  tree.write("etc/systemd/system/ollama.service.d/override.conf",
             "[Service]\nEnvironment=\"HSA_DISABLE_CACHE=1\"\nEnvironmentFile=/etc/default/x\n");
  tree.write("etc/default/x", "HSA_FORCE_FINE_GRAIN_PCIE=1\n");
  const auto findings = run("environment");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(says(findings[0], "override.conf, line 2, for ollama.service"));
  EXPECT_TRUE(says(findings[0], "daemon-reload"));
  EXPECT_TRUE(says(findings[1], "/etc/default/x, line 1, for ollama.service"));
}

TEST_F(DoctorEnvironment, AnOverrideOfOneNodeCounts) {
  machine.gpus.front().kfd_node = 1;
  tree.write("etc/environment", "HSA_OVERRIDE_GFX_VERSION_1=gfx1030\n");
  EXPECT_EQ(found().verdict, CheckVerdict::problem);
}

TEST_F(DoctorEnvironment, AHomeFullOfTrapsIsNoReasonToStop) {
  ASSERT_TRUE(std::filesystem::create_directories(tree.at("home/anna/.config/fish")));
  ASSERT_EQ(::mkfifo(tree.at("home/anna/.profile").c_str(), 0600), 0);
  tree.link("home/anna/.bashrc", ".bashrc");
  tree.link("home/anna/.zshrc", "/dev/zero");
  tree.link("home/anna/.config/environment.d", "environment.d");
  tree.write("home/anna/.zprofile", std::string(1U << 20U, 'x'));
  ASSERT_TRUE(std::filesystem::create_directory(tree.at("home/anna/.zshenv")));
  tree.write("etc/environment", "HSA_DISABLE_CACHE=1\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(finding, "not read: "));
  EXPECT_TRUE(says(finding, ".profile is not a regular file"));
}

TEST_F(DoctorEnvironment, AnyNumberOfFilesAndLinesIsBounded) {
  std::string lines;
  for (int line = 0; line < 5000; ++line) {
    lines += "HSA_DISABLE_CACHE=" + std::to_string(line + 1) + "\n";
  }
  for (int file = 0; file < 300; ++file) {
    tree.write("etc/environment.d/" + std::to_string(file) + ".conf", lines);
  }
  EXPECT_LE(run("environment").size(), 64U);
}

TEST_F(DoctorEnvironment, OfACapturedRootAllHomesAreRead) {
  circumstances.environment.clear();
  tree.write("home/bert/.profile", "export HSA_DISABLE_CACHE=1\n");
  EXPECT_TRUE(says(found(), "/home/bert/.profile, line 1"));
}

TEST(Assignments, OfAShellNeedAnOptionThatExports) {
  EXPECT_EQ(parsed("declare ax=1 B=2\ntypeset -r x=3\ndeclare\n;;\nthen\n", AssignedIn::shell), "");
  EXPECT_EQ(parsed("typeset -rx B=2\nsetenv C=3\n", AssignedIn::shell), "B=2:1 C=3:2");
  EXPECT_EQ(parsed("A=1 2B=2\nexport A 2B\nA-B=1\nexport A-B\n", AssignedIn::shell), "");
  EXPECT_EQ(parsed("A=1 make\nexport A\n", AssignedIn::shell), "");
  EXPECT_EQ(parsed("export 9A=1 A-B=2 =3 _C=4\n", AssignedIn::shell), "_C=4:1");
}

TEST(Assignments, WordsEndWhereAShellEndsThem) {
  EXPECT_EQ(parsed("export\tA=1\r\nexport B='a\\b' C=\"a\\\"b\"\n", AssignedIn::shell),
            "A=1:1 B=a\\b:2 C=a\"b:2");
  EXPECT_EQ(parsed("export A=\"1;2\" B='(3)' C=x#y\n", AssignedIn::shell),
            "A=1;2:1 B=(3):1 C=x#y:1");
  EXPECT_EQ(parsed("export A=\"it's\" B='say \"x\"' # C=3\n", AssignedIn::shell),
            "A=it's:1 B=say \"x\":1");
  EXPECT_EQ(parsed("export A=\"#1\" B=2\\\n", AssignedIn::shell), "A=#1:1 B=2:1");
}

TEST(Assignments, OfFishNeedOneWordAndAName) {
  EXPECT_EQ(parsed("set\nset -gx A\nset -gx 2A 1\nset -gx A-B 1\nset -gx A $B\nset -gx\n",
                   AssignedIn::fish),
            "");
  EXPECT_EQ(parsed("echo set\n", AssignedIn::fish), "");
}

TEST(Assignments, OfFishsOwnVariablesAreThoseOfTheForm) {
  EXPECT_EQ(parsed("SETUVAR --export A\nOTHER --export A:1\nSETUVAR --path A:1\n"
                   "SETUVAR --export 2A:1\nSETUVAR --export B:x2e\\x4\n",
                   AssignedIn::fish_universal),
            "B=x2e\\x4:5");
}

TEST(Assignments, OfAUnitsFilesAreThosesThatAreNamedWhole) {
  EXPECT_EQ(
      parsed("EnvironmentFile=relative\nEnvironmentFile=/etc/*.conf\nEnvironmentFile=/etc/%i\n"
             "  EnvironmentFile=/etc/a\nEnvironment=A=$B;C\n",
             AssignedIn::user_unit),
      "=/etc/a:4 A=$B;C:5");
}

TEST(Assignments, ALineThatIsContinuedWithoutEndIsBounded) {
  std::string lines;
  for (int line = 0; line < 1000; ++line) {
    lines += std::string(100, 'x') + "\\\n";
  }
  EXPECT_EQ(parsed(lines + "x\nexport A=1\n", AssignedIn::shell), "A=1:1002");
  EXPECT_EQ(parsed("export A=1\\", AssignedIn::shell), "A=1:1");
}

TEST_F(DoctorEnvironment, AServiceBringsAProgramOfItsOwn) {
  machine.software.state = SoftwareState::known;
  machine.software.libraries = {{"/opt/torch/lib/libtorch_hip.so", {"gfx1031"}, true}};
  tree.write("etc/systemd/system/ollama.service",
             "[Service]\nEnvironment=HSA_OVERRIDE_GFX_VERSION=10.3.0\n");
  EXPECT_EQ(found().verdict, CheckVerdict::ok) << "it is wrong for the program that is examined";
  tree.write("etc/environment", "HSA_OVERRIDE_GFX_VERSION=10.3.0\n");
  EXPECT_EQ(found().verdict, CheckVerdict::warning);
  EXPECT_FALSE(says(found(), "ollama"));
}

TEST_F(DoctorEnvironment, WhatAnotherCheckTellsOfIsNotSaidTwice) {
  circumstances.environment["HSA_OVERRIDE_GFX_VERSION"] = "11.0.0";
  circumstances.environment["PYTORCH_TUNABLEOP_ENABLED"] = "1";
  EXPECT_EQ(found().verdict, CheckVerdict::ok);
  tree.write("etc/environment", "HSA_OVERRIDE_GFX_VERSION=11.0.0\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::warning) << "a value that can be read is no problem yet";
  EXPECT_TRUE(says(finding, "in the line above, then log in again"));
}

TEST_F(DoctorEnvironment, TwoValuesAreTwoFindings) {
  tree.write("etc/environment", "HSA_OVERRIDE_GFX_VERSION=11.0.0\n");
  tree.write("home/anna/.profile", "export HSA_OVERRIDE_GFX_VERSION=9.0.0\n");
  EXPECT_EQ(run("environment").size(), 2U);
  tree.write("home/anna/.profile", "export HSA_OVERRIDE_GFX_VERSION=11.0.0\n");
  EXPECT_TRUE(says(found(), "in the lines above"));
  EXPECT_FALSE(says(found(), "daemon-reload"));
}

TEST_F(DoctorEnvironment, OnlyNamesThatTheTablesKnowCount) {
  machine.gpus.front().kfd_node = 1;
  tree.write("etc/environment",
             "HSA_OVERRIDE_GFX_VERSION_x=10.3\nHSA_OVERRIDE_GFX_VERSION_=10.3\n"
             "HSA_OVERRIDE_GFX_VERSIONS1=10.3\nHSA_DISABLE_CACHE_1=1\nnoretry=0\nPATH=/bin\n"
             "XSA_OVERRIDE_GFX_VERSION_1=10.3\n");
  const Finding finding = found();
  EXPECT_EQ(finding.verdict, CheckVerdict::ok);
  EXPECT_TRUE(finding.evidence.empty()) << test::text_of(finding);
}

TEST_F(DoctorEnvironment, AHomeThatIsNoPathIsNone) {
  circumstances.environment["HOME"] = "home/anna";
  tree.write("home/anna/.profile", "export HSA_DISABLE_CACHE=1\n");
  tree.write("home/bert/.profile", "export HSA_DISABLE_CACHE=2\n");
  EXPECT_TRUE(says(run("environment").front(), "/home/anna/.profile"))
      << "then all homes of this root are read";
}

}  // namespace
}  // namespace rocmfix
