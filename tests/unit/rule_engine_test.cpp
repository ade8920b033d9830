// SPDX-License-Identifier: MIT
// The evaluator and the parser of `when`, on a table of keys of their own.
#include "base/rule_engine.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/clause_reader.hpp"

namespace rocmfix::detail {
namespace {

struct Weather {
  std::optional<std::string> sky;
  std::optional<std::uint64_t> degrees;
  std::string asked;  // which keys were looked at
};

constexpr std::array<std::string_view, 2> skies = {"clear", "cloudy"};
constexpr std::array<ConditionKey<Weather>, 3> keys_of_weather = {{
    {{"sky", ClauseForm::words, skies},
     [](Weather& weather, const Clause& clause) {
       weather.asked += "s";
       return weather.sky && has_word(clause, *weather.sky);
     }},
    {{"above", ClauseForm::number},
     [](Weather& weather, const Clause& clause) {
       weather.asked += "a";
       return weather.degrees && *weather.degrees > clause.number;
     }},
    {{"known", ClauseForm::flag},
     [](Weather& weather, const Clause& clause) {
       weather.asked += "k";
       return weather.sky.has_value() == clause.flag;
     }},
}};
constexpr std::span<const ConditionKey<Weather>> keys(keys_of_weather);

constexpr std::array<std::string_view, 1> clear = {"clear"};

TEST(RuleEngine, EveryClauseMustHoldAndNoneAlwaysHolds) {
  Weather weather{.sky = "clear", .degrees = 20, .asked = {}};
  EXPECT_TRUE(all_hold({}, keys, weather));
  const std::array both = {Clause{.key = "sky", .words = clear},
                           Clause{.key = "above", .words = {}, .number = 19}};
  EXPECT_TRUE(all_hold(both, keys, weather));
  weather.degrees = 19;
  EXPECT_FALSE(all_hold(both, keys, weather));
  weather.degrees = 20;
  weather.sky = "cloudy";
  EXPECT_FALSE(all_hold(both, keys, weather));
}

TEST(RuleEngine, WhatIsUnknownNeverHolds) {
  Weather weather;
  const std::array sky = {Clause{.key = "sky", .words = clear}};
  EXPECT_FALSE(all_hold(sky, keys, weather));
}

TEST(RuleEngine, AKeyThatTheTableDoesNotHaveNeverHolds) {
  Weather weather{.sky = "clear", .degrees = 20, .asked = {}};
  const std::array when = {Clause{.key = "sky", .words = clear},
                           Clause{.key = "wind", .words = {}}};
  EXPECT_FALSE(all_hold(when, keys, weather));
}

TEST(RuleEngine, NothingIsAskedAfterWhatDoesNotHold) {
  Weather weather{.sky = "cloudy", .degrees = 20, .asked = {}};
  const std::array when = {Clause{.key = "above", .words = {}, .number = 1},
                           Clause{.key = "sky", .words = clear},
                           Clause{.key = "known", .words = {}, .flag = true}};
  EXPECT_FALSE(all_hold(when, keys, weather));
  EXPECT_EQ(weather.asked, "as");
}

struct Read {
  TomlArena arena;
  Clauses when;
  std::string error;
};

Read read(std::string_view text) {
  Read made;
  const auto error =
      read_toml(text, "f.toml", made.arena, [&](TomlReader& reader, const toml::table& file) {
        made.when = read_clauses(reader, file, keys);
      });
  made.error = error ? error->what + " | " + error->hint : "";
  return made;
}

TEST(ClauseReader, EachFormIsRead) {
  const Read made = read(R"(when = { above = 7, known = true, sky = ["clear", "cloudy"] })");
  EXPECT_EQ(made.error, "");
  ASSERT_EQ(made.when.size(), 3U);
  EXPECT_EQ(find_clause(made.when, "above")->number, 7U);
  EXPECT_TRUE(find_clause(made.when, "known")->flag);
  ASSERT_EQ(words_of(made.when, "sky").size(), 2U);
  EXPECT_EQ(words_of(made.when, "sky")[1], "cloudy");
}

TEST(ClauseReader, NoConditionIsNoClauseAndAnEmptyListRequiresNothing) {
  EXPECT_TRUE(read("").when.empty());
  EXPECT_TRUE(read("when = { sky = [] }").when.empty());
}

TEST(ClauseReader, WhatAKeyDoesNotAllowIsAnErrorWithItsLine) {
  EXPECT_EQ(read("\nwhen = { wind = 3 }").error,
            "f.toml:2: unknown key 'wind' | allowed: sky, above, known");
  EXPECT_EQ(read(R"(when = { sky = ["green"] })").error,
            "f.toml:1: 'sky' cannot be 'green' | allowed: clear, cloudy");
  EXPECT_EQ(read(R"(when = { above = "3" })").error,
            "f.toml:1: 'above' must be a positive integer | ");
  EXPECT_EQ(read("when = 3").error, "f.toml:1: 'when' must be a table | ");
}

}  // namespace
}  // namespace rocmfix::detail
