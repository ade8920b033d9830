// SPDX-License-Identifier: MIT
// The table of cases is shared with tests/python/test_printable.py.
#include "rocmfix/printable.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "rocmfix/printable_character.hpp"

namespace rocmfix {
namespace {

using Json = nlohmann::json;

struct Case {
  std::string name, text, shown;
};

std::vector<Case> cases() {
  std::ifstream file(ROCMFIX_TEST_DATA "/printable.json");
  std::vector<Case> all;
  for (const Json& entry : Json::parse(file)) {
    Case one{entry["name"], "", entry["shown"]};
    const std::string hex = entry["hex"];
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      one.text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    all.push_back(one);
  }
  EXPECT_GT(all.size(), 50U);
  return all;
}

TEST(Printable, EscapesByTheTable) {
  for (const Case& one : cases()) {
    EXPECT_EQ(printable(one.text), one.shown) << one.name;
    EXPECT_EQ(is_printable(one.text), one.text == one.shown) << one.name;
    EXPECT_EQ(printable(one.shown), one.shown) << one.name << ": not the same a second time";
  }
}

TEST(Printable, EscapesEveryCharacterOfTheRuleAndNoOther) {
  for (std::uint32_t code = 1; code < 0x3000; ++code) {
    const bool unprintable =
        code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
        code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    const std::string text = Json::parse(R"(["\u)" + [&] {
      char digits[5];
      std::snprintf(digits, sizeof digits, "%04x", code);
      return std::string(digits);
    }() + "\"]")[0];
    EXPECT_EQ(is_printable(text), !unprintable) << std::hex << code;
  }
}

TEST(Printable, KeepsTheLineBreaksOfAWholeOutputAndNothingElse) {
  EXPECT_EQ(printable_lines("a\nb\r\x1b\n"), "a\nb\\x0d\\x1b\n");
}

TEST(Printable, LineOfALogIsTrimmedAndItsTabsAreBlanks) {
  EXPECT_EQ(printable_line(" \ta\tb\x07 ", 100), "a b\\x07");
  EXPECT_EQ(printable_line("", 100), "");
}

TEST(Printable, LineIsCutBetweenCharactersAndEscapes) {
  EXPECT_EQ(printable_line("月月月", 7), "月月");
  EXPECT_EQ(printable_line("月月月", 2), "");
  EXPECT_EQ(printable_line("abc\x1b", 6), "abc");
  EXPECT_EQ(printable_line("abc\x1b", 7), "abc\\x1b");
  EXPECT_EQ(printable_line("abcdef", 3), "abc");
}

TEST(Printable, JsonStaysTheSameDocument) {
  for (const Case& one : cases()) {
    const Json document = {{one.text.empty() ? "key" : "k", one.text}};
    const std::string dumped = document.dump(2, ' ', false, Json::error_handler_t::replace);
    const std::string shown = printable_json(dumped);
    EXPECT_EQ(Json::parse(shown), Json::parse(dumped)) << one.name;
    EXPECT_EQ(printable_lines(shown), shown) << one.name;
    EXPECT_EQ(shown.find('\x7f'), std::string::npos) << one.name;
  }
}

}  // namespace
}  // namespace rocmfix
