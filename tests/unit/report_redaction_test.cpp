// SPDX-License-Identifier: MIT
// What a report must not have, by form and by place.
#include "report/report_redaction.hpp"

#include <gtest/gtest.h>

#include "report/kept_lines.hpp"
#include "report/report_environment.hpp"
#include "rocmfix/redaction.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using detail::PersonalNames;
using detail::ReadFor;
using detail::ReportRedaction;
using test::TemporaryTree;

TEST(PersonalNames, AreReplacedAsWholeWordsOfTheSameLength) {
  PersonalNames names;
  names.add_user("alice");
  names.add_user("bob");
  EXPECT_EQ(names.replace("/home/alice/alice_models/malice"), "/home/user1/user1_models/malice");
  EXPECT_EQ(names.replace("Alice's bob, bobby"), "user1's us1, bobby");
  EXPECT_EQ(names.replace(std::string_view("\0/home/alice\0", 13)),
            std::string_view("\0/home/user1\0", 13));
}

TEST(PersonalNames, ATechnicalWordOrAVeryShortOneIsReplacedWhereAUserIsMeant) {
  PersonalNames names;
  names.add_user("rocm");
  names.add_user("al");
  EXPECT_EQ(names.replace("/opt/rocm /home/rocm/x"), "/opt/rocm /home/use1/x");
  EXPECT_EQ(names.replace("/usr/al/total all"), "/usr/al/total all");
  EXPECT_EQ(names.replace("render:x:109:al,video\nUSER=al"), "render:x:109:u1,video\nUSER=u1");
  EXPECT_EQ(names.replace("/home/al/venv"), "/home/u1/venv");
}

TEST(PersonalNames, ANameThatCouldBeAHexadecimalNumberLeavesNumbersAlone) {
  PersonalNames names;
  names.add_user("abe");
  EXPECT_EQ(names.replace("0x1abe4 abe"), "0x1abe4 us1");
}

TEST(PersonalNames, OfBytesAShortNameIsReplacedInAPathOnly) {
  PersonalNames names;
  names.add_user("bob");
  names.add_user("alice");
  EXPECT_EQ(names.replace_in_bytes("\1bob\2alice\3/home/bob/lib"), "\1bob\2user1\3/home/us1/lib");
}

TEST(PersonalNames, RootIsNobody) {
  PersonalNames names;
  names.add_user("root");
  names.add_host("localhost");
  EXPECT_EQ(names.replace("root@localhost"), "root@localhost");
}

TEST(PersonalNames, AFileInTheFolderOfHomesIsNoUser) {
  PersonalNames names;
  names.learn_from("/home/train.py /home/john.doe/train.py:/home/bob");
  EXPECT_EQ(names.replace("/home/train.py /home/john.doe/train.py /home/bob"),
            "/home/train.py /home/user1xxx/train.py /home/us1");
}

TEST(PersonalNames, AreLearntFromAccountsAndTheHostsFiles) {
  const TemporaryTree tree;
  tree.write("etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"
             "carol:x:1000:1000:Carol Quimby,,,:/home/carol:/bin/bash\n");
  tree.write("etc/group", "render:x:109:carol,daemon,ldapuser\n");
  tree.write("etc/hostname", "zaphod.example.org\n");
  tree.write("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 trillian\n");
  PersonalNames names;
  names.learn(tree.root(), {{"SUDO_USER", "dave"}, {"PYTHONPATH", "/home/erin/lib"}});
  const std::string text = names.replace(
      "carol quimby daemon ldapuser dave erin zaphod zaphod.example.org example.org trillian");
  for (const char* const name :
       {"carol", "quimby", "ldapuser", "dave", "erin", "zaphod", "example.org", "trillian"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << text;
  }
  EXPECT_NE(text.find("daemon"), std::string::npos);
}

TEST(ReportRedaction, IdentifiersBecomeZerosOfTheSameLength) {
  ReportRedaction redaction;
  const std::string text =
      "root=UUID=1b2c3d4e-1111-2222-3333-444455556666 x=PARTUUID=1234abcd-02 aa:bb:cc:dd:ee:ff "
      "192.168.17.5 fe80::1234:5678:9abc:def0 unique_id 1234567890123 Serial Number: S5GXNF0R";
  const std::string clean = redaction.text(text);
  EXPECT_EQ(clean.size(), text.size());
  for (const char* const secret : {"1b2c3d4e", "444455556666", "1234abcd", "aa:bb", "192.168",
                                   "1234:5678", "1234567890123", "S5GXNF0R"}) {
    EXPECT_EQ(clean.find(secret), std::string::npos) << clean;
  }
}

TEST(ReportRedaction, LeavesWhatVerdictsGoBy) {
  ReportRedaction redaction;
  for (const std::string text :
       {"amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:6 pasid:32803)",
        "gfx_target_version 100100\nlocation_id 768\n", "6.1.0-56-amd64", "28.28~24.04.1",
        "HSA_OVERRIDE_GFX_VERSION=10.3.0", "options amdgpu noretry=0 vm_fragment_size=9",
        "kfd kfd: amdgpu: skipped device 1002:7341, PCI rejects atomics 123<145",
        "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"}) {
    EXPECT_EQ(redaction.text(text), text);
  }
  // A version with four numbers, in a file.
  EXPECT_EQ(redaction.content("Version: 20.45.1.16\n"), "Version: 20.45.1.16\n");
}

TEST(ReportRedaction, OneIdentifierHasOneStandIn) {
  ReportRedaction redaction;
  const std::string a = redaction.path("/mnt/1b2c3d4e-1111-2222-3333-444455556666");
  const std::string b = redaction.path("/mnt/99999999-1111-2222-3333-444455556666");
  EXPECT_NE(a, b);
  EXPECT_EQ(redaction.path("/mnt/1b2c3d4e-1111-2222-3333-444455556666"), a);
}

TEST(ReportRedaction, InBytesThatAreNoTextOnlyNamesAndTokensAreReplaced) {
  ReportRedaction redaction;
  redaction.names().add_user("alice");
  const std::string bytes("\0key=value\0/home/alice/lib\0hf_abcdefghijklmnopqrstuvwxyz\0", 56);
  const std::string clean = redaction.content(bytes);
  EXPECT_EQ(clean,
            std::string("\0key=value\0/home/user1/lib\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0", 56));
}

TEST(MaskSecrets, KeepsTheLength) {
  EXPECT_EQ(mask_secrets("export HF_TOKEN=abc; a=b"), "export HF_TOKEN=xxx; a=b");
  EXPECT_EQ(mask_secrets("https://user:pw@host/x"), "https://xxxxxxx@host/x");
  EXPECT_EQ(mask_tokens("password=abc ghp_abcdefghijklmnopqrstuvwxyz"),
            "password=abc xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

TEST(KeptLines, OfALogAreThoseAboutGpus) {
  const Policy policy = Policy::built_in();
  const FaultRules rules = FaultRules::built_in();
  const detail::KeptLines lines(policy, rules);
  EXPECT_EQ(lines.of("[ 1.0] Linux version 6\nsshd: alice logged in\n[ 2.0] amdgpu: hello\nlast",
                     ReadFor::log),
            "[ 1.0] Linux version 6\n\n[ 2.0] amdgpu: hello\n");
  EXPECT_EQ(lines.of("6,1,100,-;usb 1-1: SerialNumber: X\n SUBSYSTEM=usb\n6,2,200,-;amdgpu: y\n",
                     ReadFor::records),
            "6,1,100,-;\n\n6,2,200,-;amdgpu: y\n");
  EXPECT_EQ(lines.of("anything", ReadFor::all), "anything");
}

TEST(KeptLines, OfAShellsFileAreThoseThatSetKnownVariables) {
  const Policy policy = Policy::built_in();
  const FaultRules rules = FaultRules::built_in();
  const detail::KeptLines lines(policy, rules);
  EXPECT_EQ(lines.of("alias x=y\nexport \\\n  HSA_OVERRIDE_GFX_VERSION=10.3.0\nexport MINE=1\n",
                     ReadFor::assignments),
            "\nexport \\\n  HSA_OVERRIDE_GFX_VERSION=10.3.0\n\n");
}

TEST(ReportedVariables, AreThoseThatAnythingGoesBy) {
  const Policy policy = Policy::built_in();
  for (const char* const name : {"HSA_OVERRIDE_GFX_VERSION", "HSA_OVERRIDE_GFX_VERSION_1", "PATH",
                                 "LD_LIBRARY_PATH", "HOME", "ROCR_VISIBLE_DEVICES"}) {
    EXPECT_TRUE(detail::is_reported_variable(name, policy)) << name;
  }
  for (const char* const name :
       {"HF_TOKEN", "HSA_OVERRIDE_GFX_VERSION_X", "MAIL", "SSH_AUTH_SOCK"}) {
    EXPECT_FALSE(detail::is_reported_variable(name, policy)) << name;
  }
}

}  // namespace
}  // namespace rocmfix
