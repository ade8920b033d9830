// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace rocmfix::hip {
namespace {

std::map<std::string, std::string> variables;

const char* look_up(const char* name) {
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : found->second.c_str();
}

Settings read(std::map<std::string, std::string> given) {
  variables = std::move(given);
  Settings settings;
  read_settings(settings, look_up);
  return settings;
}

TEST(Settings, Defaults) {
  const Settings settings = read({{"HOME", "/home/me"}});
  EXPECT_TRUE(settings.enabled);
  EXPECT_FALSE(settings.verbose);
  EXPECT_EQ(settings.coherence, CoherencePolicy::automatic);
  EXPECT_EQ(settings.cap.kind, VramCap::Kind::fraction);
  EXPECT_EQ(settings.cap.millionths, 800'000U);
  EXPECT_EQ(settings.out_of_memory, OutOfMemory::fail);
  EXPECT_EQ(settings.report_fd, -1);
  EXPECT_STREQ(settings.incident_directory.data(), "/home/me/.local/state/rocmfix/incidents");
  EXPECT_EQ(settings.misread, nullptr);
}

TEST(Settings, TheRankIsTorchsAndNeverMisread) {
  EXPECT_EQ(read({}).rank, -1);
  EXPECT_EQ(read({{"RANK", "0"}}).rank, 0);
  EXPECT_EQ(read({{"RANK", "17"}}).rank, 17);
  for (const char* text : {"", "-1", "first", "1x", "99999999999"}) {
    const Settings settings = read({{"RANK", text}});
    EXPECT_EQ(settings.rank, -1) << text;
    EXPECT_EQ(settings.misread, nullptr) << text;
  }
}

TEST(Settings, EmptyMeansUnset) {
  const Settings settings = read({{"ROCMFIX_COHERENCE", ""}, {"ROCMFIX_VRAM_CAP", ""}});
  EXPECT_EQ(settings.misread, nullptr);
  EXPECT_EQ(settings.coherence, CoherencePolicy::automatic);
}

TEST(Settings, EveryVariable) {
  const Settings settings = read({{"ROCMFIX_HIP", "0"},
                                  {"ROCMFIX_VERBOSE", "1"},
                                  {"ROCMFIX_COHERENCE", "all"},
                                  {"ROCMFIX_VRAM_CAP", "4G"},
                                  {"ROCMFIX_OOM", "host"},
                                  {"ROCMFIX_REPORT_FD", "9"},
                                  {"ROCMFIX_REPORT_TAG", "0123abcd"},
                                  {"ROCMFIX_INCIDENT_DIR", "here"},
                                  {"XDG_STATE_HOME", "/state"}});
  EXPECT_FALSE(settings.enabled);
  EXPECT_TRUE(settings.verbose);
  EXPECT_EQ(settings.coherence, CoherencePolicy::all);
  EXPECT_EQ(settings.cap.bytes, uint64_t{4} << 30U);
  EXPECT_EQ(settings.out_of_memory, OutOfMemory::host);
  EXPECT_EQ(settings.report_fd, 9);
  EXPECT_STREQ(settings.report_tag.data(), "0123abcd");
  EXPECT_STREQ(settings.incident_directory.data(), "here");
}

TEST(Settings, EveryPolicyOfCoherence) {
  for (const CoherencePolicy policy : {CoherencePolicy::off, CoherencePolicy::automatic,
                                       CoherencePolicy::data, CoherencePolicy::all}) {
    EXPECT_EQ(read({{"ROCMFIX_COHERENCE", policy_name(policy)}}).coherence, policy);
  }
}

TEST(Settings, Communicators) {
  EXPECT_STREQ(read({{"ROCMFIX_COMMUNICATORS", "libring,libown-"}}).communicators.data(),
               "libring,libown-");
  for (const std::string& wrong :
       {std::string("lib"), std::string("libring,"), std::string(",libring"),
        std::string("/opt/libring.so"), std::string("libring,,libown"), std::string(5000, 'x')}) {
    const Settings settings = read({{"ROCMFIX_COMMUNICATORS", wrong}});
    EXPECT_STREQ(settings.misread, "ROCMFIX_COMMUNICATORS") << wrong;
    EXPECT_STREQ(settings.communicators.data(), "");
  }
}

TEST(Settings, StateHomeBeforeHome) {
  EXPECT_STREQ(read({{"XDG_STATE_HOME", "/state"}, {"HOME", "/h"}}).incident_directory.data(),
               "/state/rocmfix/incidents");
  EXPECT_STREQ(read({}).incident_directory.data(), "");
}

TEST(Settings, WhatIsNotUnderstoodIsNamedAndHasNoEffect) {
  const std::map<std::string, const char*> wrong = {
      {"ROCMFIX_COHERENCE", "maybe"}, {"ROCMFIX_VRAM_CAP", "1"},   {"ROCMFIX_VRAM_CAP ", ""},
      {"ROCMFIX_OOM", "explode"},     {"ROCMFIX_REPORT_FD", "-1"}, {"ROCMFIX_VERBOSE", "loud"},
      {"ROCMFIX_REPORT_TAG", "../x"}, {"ROCMFIX_HIP", "2"},
  };
  for (const auto& [name, value] : wrong) {
    if (*value == '\0') {
      continue;
    }
    const Settings settings = read({{name, value}});
    ASSERT_NE(settings.misread, nullptr) << name;
    EXPECT_EQ(settings.misread, name);
    EXPECT_TRUE(settings.enabled);
    EXPECT_EQ(settings.coherence, CoherencePolicy::automatic);
  }
}

TEST(Settings, PathThatIsTooLongIsRefused) {
  const Settings settings = read({{"ROCMFIX_INCIDENT_DIR", std::string(5000, 'x')}});
  EXPECT_STREQ(settings.misread, "ROCMFIX_INCIDENT_DIR");
  EXPECT_STREQ(settings.incident_directory.data(), "");
}

TEST(VramCap, Understood) {
  const uint64_t card = uint64_t{6} << 30U;
  const std::map<std::string, uint64_t> right = {
      {"0.5", card / 2},
      {"1.0", card},
      {"50%", card / 2},
      {"100%", card},
      {"off", card},
      {"1073741824", uint64_t{1} << 30U},
      {"2G", uint64_t{2} << 30U},
      {"512M", uint64_t{512} << 20U},
      {"2048K", uint64_t{2} << 20U},
      {"100G", card},
  };
  for (const auto& [text, bytes] : right) {
    VramCap cap;
    ASSERT_TRUE(read_vram_cap(text.c_str(), cap)) << text;
    EXPECT_EQ(cap.of(card), bytes) << text;
  }
}

TEST(VramCap, DefaultIsFourFifthsInWholePages) {
  const uint64_t card = 6'425'673'728;
  const uint64_t limit = VramCap{}.of(card);
  EXPECT_EQ(limit % 4096, 0U);
  EXPECT_LE(limit, card / 10 * 8 + 8);
  EXPECT_GT(limit + 4096, card / 10 * 8);
}

TEST(VramCap, NotUnderstood) {
  for (const char* text : {"",
                           "0",
                           "1",
                           "0.0",
                           "1.1",
                           "2.0",
                           ".5",
                           "0.",
                           "0.x",
                           "-1",
                           "80 %",
                           "101%",
                           "0%",
                           "5T",
                           "5GB",
                           "G",
                           "99999999999999999999",
                           "17179869184G",
                           "0.5G",
                           "1023K"}) {
    VramCap cap;
    EXPECT_FALSE(read_vram_cap(text, cap)) << text;
    EXPECT_EQ(cap.kind, VramCap::Kind::fraction) << text;
  }
}

}  // namespace
}  // namespace rocmfix::hip
