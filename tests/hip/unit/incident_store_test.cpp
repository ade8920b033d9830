// SPDX-License-Identifier: MIT
// What the launcher's tests (tests/run/test_incidents.py) do not reach: names, and many writers.
#include "incident/incident_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

class IncidentStore : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "incidents-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }

  std::filesystem::path directory_;
};

TEST(IncidentName, IsTheStoresOwnAndNothingElse) {
  for (const char* name : {"1-2.json", "1770000000-4194304.json", "1-2-0123456789abcdef.json"}) {
    EXPECT_TRUE(is_incident_name(name)) << name;
  }
  for (const char* name :
       {"", "1-2", "1.json", "-2.json", "1-.json", "1-2.json.part", ".1-2.json", "1-2-.json",
        "1-2-0123456789abcde.json", "1-2-0123456789abcdef0.json", "1-2-0123456789ABCDEF.json",
        "a-2.json", "1-2 .json", "1234567890123-2.json", "1-2-0123456789abcdef"}) {
    EXPECT_FALSE(is_incident_name(name)) << name;
  }
  EXPECT_EQ(tag_of("1-2-0123456789abcdef.json"), "01234567");
  EXPECT_EQ(tag_of("1-2.json"), "");
  EXPECT_EQ(tag_of("12345678901-12345678901.json"), "");
  EXPECT_TRUE(is_tag("01abcdef"));
  EXPECT_FALSE(is_tag("01ABCDEF"));
  EXPECT_FALSE(is_tag("01abcde"));
}

TEST_F(IncidentStore, WritersOfTheSameSecondAndNumberDoNotMeet) {
  IncidentFolder folder;
  ASSERT_TRUE(folder.make((directory_ / "a/b").c_str()));
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&folder, i] {
      for (int n = 0; n < 50; ++n) {
        IncidentName name;
        const std::string text = "{\"schema\":1,\"writer\":" + std::to_string(i * 50 + n) + "}";
        EXPECT_TRUE(folder.write(5, 7, "0badcafe", text, name));
        EXPECT_EQ(tag_of(name.data()), "0badcafe");
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  directory_ /= "a/b";
  EXPECT_EQ(names().size(), 400U);
  EXPECT_TRUE(names().begin()->starts_with("5-7-0badcafe"));
  directory_ = directory_.parent_path().parent_path();
}

TEST_F(IncidentStore, ANameThatIsTakenStaysWhatItIs) {
  // The random part cannot be foreseen, so the same is asked of the replacing form: it takes
  // incidents' names alone.
  IncidentFolder folder;
  ASSERT_TRUE(folder.make(directory_.c_str()));
  std::ofstream(directory_ / "precious.json") << "mine";
  EXPECT_FALSE(folder.replace("precious.json", "theirs"));
  EXPECT_FALSE(folder.replace("../x", "theirs"));
  std::string text;
  std::ifstream(directory_ / "precious.json") >> text;
  EXPECT_EQ(text, "mine");
}

TEST_F(IncidentStore, AThousandOldOnesGoInOneCall) {
  IncidentFolder folder;
  ASSERT_TRUE(folder.make(directory_.c_str()));
  for (int i = 0; i < 1000; ++i) {
    std::ofstream(directory_ / (std::to_string(1000 + i) + "-1.json")) << "{\"schema\":1}";
  }
  IncidentName name;
  ASSERT_TRUE(folder.write(99999, 1, {}, "{\"schema\":1}", name));
  EXPECT_EQ(folder.prune({.files = 10, .bytes = 1U << 20U}, name.data()), 991U);
  EXPECT_EQ(names().size(), 10U);
  EXPECT_TRUE(names().contains(name.data()));
  EXPECT_EQ(folder.prune({.files = 10, .bytes = 1U << 20U}, name.data()), 0U);
  EXPECT_EQ(folder.prune({.files = 0, .bytes = 0}, name.data()), 9U) << "the new one stays";
}

TEST_F(IncidentStore, WhoCanWriteThereIsChecked) {
  IncidentFolder mine;
  ASSERT_TRUE(mine.make(directory_.c_str()));
  EXPECT_TRUE(mine.is_trusted());
  for (const auto& [mode, trusted] :
       {std::pair{0770, false}, {0707, false}, {01777, true}, {0755, true}}) {
    ASSERT_EQ(::chmod(directory_.c_str(), static_cast<mode_t>(mode)), 0);
    IncidentFolder folder;
    ASSERT_TRUE(folder.open(directory_.c_str()));
    EXPECT_EQ(folder.is_trusted(), trusted) << mode;
  }
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(directory_.c_str(), 65534, 65534), 0);
    IncidentFolder folder;
    ASSERT_TRUE(folder.open(directory_.c_str()));
    EXPECT_FALSE(folder.is_trusted());
  }
  IncidentFolder none;
  EXPECT_FALSE(none.open((directory_ / "none").c_str()));
}

}  // namespace
}  // namespace rocmfix::hip
