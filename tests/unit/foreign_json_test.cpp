// SPDX-License-Identifier: MIT
#include "util/foreign_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rocmfix {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

std::string object_of(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  }
  return text + "}";
}

TEST(ForeignJson, ReadsADocumentWithinTheLimits) {
  const auto document = read_foreign_json(R"({"b": [1, -2, 0.5, null, true], "a": "\u00e4"})");
  ASSERT_TRUE(document.is_object());
  EXPECT_EQ(document["b"].size(), 5U);
  EXPECT_EQ(document.begin().key(), "b") << "in the order in which it was written";
  EXPECT_EQ(document["a"].get<std::string>(), "\u00e4");
}

TEST(ForeignJson, TextThatIsNotJsonIsNull) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "nul", "\xff", "\"\xff\"", "[1] 2",
                           "{\"a\":1}}", "\"\n\"", "1e999999"}) {
    EXPECT_TRUE(read_foreign_json(text).is_null()) << text;
  }
  EXPECT_TRUE(read_foreign_json(std::string_view("\0", 1)).is_null());
}

TEST(ForeignJson, DepthIsLimited) {
  const JsonLimits limits{.depth = 32};
  EXPECT_FALSE(read_foreign_json(repeated("[", 32) + repeated("]", 32), limits).is_null());
  EXPECT_TRUE(read_foreign_json(repeated("[", 33) + repeated("]", 33), limits).is_null());
  EXPECT_TRUE(
      read_foreign_json(repeated("{\"a\":", 33) + "0" + repeated("}", 33), limits).is_null());
  // Would use up the stack, and ends at once.
  const JsonLimits large{.bytes = 64U << 20U};
  EXPECT_TRUE(read_foreign_json(repeated("[", 1'000'000), large).is_null());
  EXPECT_TRUE(
      read_foreign_json(repeated("[", 1'000'000) + repeated("]", 1'000'000), large).is_null());
}

TEST(ForeignJson, TheNumberOfMembersIsLimitedAndOfValues) {
  const JsonLimits limits{.members = 100, .values = 1000};
  EXPECT_EQ(read_foreign_json(object_of(100), limits).size(), 100U);
  EXPECT_TRUE(read_foreign_json(object_of(101), limits).is_null());
  EXPECT_EQ(read_foreign_json("[" + repeated("0,", 998) + "0]", limits).size(), 999U);
  EXPECT_TRUE(read_foreign_json("[" + repeated("0,", 1000) + "0]", limits).is_null());
  // Of one object, not of all: an array of small ones is fine.
  EXPECT_EQ(read_foreign_json("[" + repeated(object_of(60) + ",", 9) + "{}]", limits).size(), 10U);
}

TEST(ForeignJson, LengthIsLimited) {
  const JsonLimits limits{.bytes = 10};
  EXPECT_FALSE(read_foreign_json("\"12345678\"", limits).is_null());
  EXPECT_TRUE(read_foreign_json("\"123456789\"", limits).is_null());
}

TEST(ForeignJson, TimeIsLimited) {
  const JsonLimits limits{.bytes = 64U << 20U, .values = 50'000'000, .cpu_ms = 1};
  EXPECT_TRUE(read_foreign_json("[" + repeated("0,", 2'000'000) + "0]", limits).is_null());
}

TEST(ForeignJson, ARepeatedKeyDoesNoHarm) {
  const auto document = read_foreign_json(R"({"a": {"b": 1}, "a": [2]})");
  EXPECT_TRUE(document.is_object());
  EXPECT_EQ(document.size(), 1U);
}

}  // namespace
}  // namespace rocmfix
