// SPDX-License-Identifier: MIT
// `rocmfix doctor`: the table of the checks, and what is true of every examination.
#include "rocmfix/doctor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "doctor/check.hpp"
#include "rocmfix/fault_rules.hpp"
#include "temporary_tree.hpp"
#include "util/grade.hpp"

namespace {

using rocmfix::check_texts;
using rocmfix::CheckText;
using rocmfix::CheckVerdict;
using rocmfix::Circumstances;
using rocmfix::Finding;
using rocmfix::test::TemporaryTree;

TEST(CheckTable, IdsAreUniqueAndPlain) {
  std::set<std::string_view> ids;
  for (const CheckText& text : check_texts()) {
    EXPECT_TRUE(ids.insert(text.id).second) << text.id;
    EXPECT_EQ(text.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string_view::npos)
        << text.id;
  }
  EXPECT_FALSE(ids.empty());
}

TEST(CheckTable, EveryTextIsThere) {
  for (const CheckText& text : check_texts()) {
    for (const std::string_view part : {text.title, text.reads, text.means, text.source}) {
      EXPECT_FALSE(part.empty()) << text.id;
    }
    // Those two are put into sentences.
    EXPECT_NE(text.title.back(), '.') << text.id;
    EXPECT_NE(text.reads.back(), '.') << text.id;
    EXPECT_EQ(text.means.back(), '.') << text.id;
    EXPECT_TRUE(text.grade == "?" || rocmfix::grade_in_words(text.grade) != "not verified")
        << text.id;
  }
}

TEST(CheckTable, CausesAreThoseOfTheFaultTable) {
  const auto rules = rocmfix::FaultRules::built_in();
  for (const CheckText& text : check_texts()) {
    for (const std::string_view cause : text.causes) {
      EXPECT_TRUE(std::any_of(rules.causes().begin(), rules.causes().end(),
                              [&](const auto& one) { return one.id == cause; }))
          << text.id << ": " << cause;
    }
  }
}

TEST(Sentence, BeginsWithACapitalUnlessWithAName) {
  using rocmfix::detail::sentence;
  EXPECT_EQ(sentence("the driver's own default"), "The driver's own default.");
  EXPECT_EQ(sentence("gfx1100 is of another generation"), "gfx1100 is of another generation.");
  EXPECT_EQ(sentence("noretry=1 is set"), "noretry=1 is set.");
}

TEST(Doctor, AnUnknownCheckIsAnError) {
  const TemporaryTree tree;
  const std::string only[] = {"nonsense"};
  const auto examination = rocmfix::examine(tree.root(), {}, only);
  ASSERT_FALSE(examination);
  EXPECT_NE(examination.error().hint.find("--list"), std::string::npos);
}

TEST(Doctor, AnEmptyRootIsNoError) {
  const TemporaryTree tree;
  const auto examination = rocmfix::examine(tree.root(), {});
  ASSERT_TRUE(examination);
  EXPECT_FALSE(examination->machine.supported());
  const auto document = nlohmann::json::parse(rocmfix::doctor_json(*examination));
  EXPECT_EQ(document["machine"]["kernel"], nullptr);
  EXPECT_EQ(document["program"], nullptr);
}

TEST(Doctor, OnlyWarningsAndProblemsMakeItFail) {
  rocmfix::Examination examination;
  for (const CheckVerdict verdict : {CheckVerdict::ok, CheckVerdict::note, CheckVerdict::unknown}) {
    examination.results.push_back({&check_texts().front(), Finding()});
    examination.results.back().finding.verdict = verdict;
    EXPECT_TRUE(examination.ok());
  }
  for (const CheckVerdict verdict : {CheckVerdict::warning, CheckVerdict::problem}) {
    examination.results.back().finding.verdict = verdict;
    EXPECT_FALSE(examination.ok());
  }
}

TEST(Doctor, TheDocumentHasTheCheckWhereTheFindingSaysNothing) {
  rocmfix::Examination examination;
  const CheckText& text = check_texts().front();
  Finding finding;
  finding.gpu = "0000:03:00.0";
  finding.source = "elsewhere";
  examination.results.push_back({&text, finding});
  const auto check = nlohmann::json::parse(rocmfix::doctor_json(examination))["checks"][0];
  EXPECT_EQ(check["id"], text.id);
  EXPECT_EQ(check["gpu"], "0000:03:00.0");
  EXPECT_EQ(check["command"], nullptr);
  EXPECT_EQ(check["grade"], text.grade);
  EXPECT_EQ(check["source"], "elsewhere");
}

}  // namespace
