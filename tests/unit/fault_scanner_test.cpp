// SPDX-License-Identifier: MIT
// The scanner against the naive search that it replaces, and the cutting of a stream into lines
// against cutting the whole text.
#include "explain/fault_scanner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "explain/line_splitter.hpp"

namespace rocmfix {
namespace {

using Texts = std::vector<std::string>;

std::size_t naive_find(const Texts& texts, std::string_view in, std::size_t from) {
  std::size_t first = FaultScanner::npos;
  for (const std::string& text : texts) {
    if (text.size() >= FaultScanner::min_text) {
      first = std::min(first, in.find(text, from));
    }
  }
  return first;
}

std::vector<std::uint16_t> naive_collect(const Texts& texts, std::string_view in) {
  std::vector<std::uint16_t> found;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() >= FaultScanner::min_text && in.find(texts[i]) != std::string_view::npos) {
      found.push_back(static_cast<std::uint16_t>(i));
    }
  }
  return found;
}

// Over an alphabet of two letters, so that texts overlap and nearly match all the time.
std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, 'a');
  for (char& c : text) {
    c = random() % 4 == 0 ? 'b' : 'a';
  }
  return text;
}

TEST(FaultScanner, FindsWhatANaiveSearchFinds) {
  std::mt19937 random(20261123);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same every time
  std::size_t hits = 0;
  for (int round = 0; round < 500; ++round) {
    Texts texts;
    for (std::size_t i = 0, count = 1 + random() % 12; i < count; ++i) {
      texts.push_back(random_text(random, 4 + random() % 20));
    }
    const FaultScanner scanner(texts);
    const std::string in = random_text(random, random() % 200);
    std::vector<std::uint16_t> found;
    scanner.collect(in, found);
    ASSERT_EQ(found, naive_collect(texts, in)) << in;
    for (std::size_t from = 0; from <= in.size(); ++from) {
      const std::size_t at = scanner.find(in, from);
      ASSERT_EQ(at, naive_find(texts, in, from)) << in << " from " << from;
      hits += at != FaultScanner::npos ? 1 : 0;
    }
  }
  EXPECT_GT(hits, 2000U);
}

TEST(FaultScanner, NoTextsAndShortTextsAreNeverFound) {
  EXPECT_EQ(FaultScanner({}).find("anything at all", 0), FaultScanner::npos);
  EXPECT_EQ(FaultScanner({"short"}).find("short short", 0), FaultScanner::npos);
}

TEST(FaultScanner, BytesAboveAsciiAndNul) {
  const std::string text("\xff\x00\x80 \xc3\xa4 12", 9);
  const std::string in = std::string(100, '\0') + text + std::string(3, '\xff');
  EXPECT_EQ(FaultScanner({text}).find(in, 0), 100U);
}

TEST(FaultScanner, LettersOfEitherCaseAreTheSameAndNoOtherBytesAre) {
  const FaultScanner scanner({"Radeon RX 5700", "[needle]"});
  EXPECT_EQ(scanner.find("my radeon rx 5700 xt", 0), 3U);
  EXPECT_EQ(scanner.find("RADEON RX 5700", 0), 0U);
  EXPECT_EQ(scanner.find("a [Needle] b", 0), 2U);
  EXPECT_EQ(scanner.find("a {needle} b", 0), FaultScanner::npos);
  EXPECT_EQ(scanner.find(std::string("radeon\0rx 5700", 14), 0), FaultScanner::npos);
}

struct Found {
  std::uint64_t number;
  std::string line;
  bool operator==(const Found&) const = default;
};

std::vector<Found> lines_of(const FaultScanner& scanner, std::string_view text,
                            const std::function<std::size_t()>& piece) {
  std::vector<Found> found;
  LineSplitter lines(scanner, [&](std::uint64_t number, std::string_view line) {
    found.push_back({number, std::string(line)});
  });
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), piece());
    // A copy of its own, so that a sanitizer sees a read beyond its end.
    lines.feed(std::string(text.substr(0, size)));
    text.remove_prefix(size);
  }
  lines.finish();
  return found;
}

std::string sample_log() {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += "noise " + std::to_string(i) + (i % 7 == 0 ? "\r" : "\n");
    if (i % 50 == 0) {
      text += "before needle-one after " + std::to_string(i) + (i % 100 == 0 ? "\r\n" : "\n");
    }
  }
  return text + "the end: needle-one";
}

TEST(LineSplitter, WhereTheStreamIsCutMakesNoDifference) {
  const FaultScanner scanner({"needle-one"});
  const std::string text = sample_log();
  const auto whole = lines_of(scanner, text, [&] { return text.size(); });
  ASSERT_EQ(whole.size(), 41U);
  EXPECT_EQ(whole.back().line, "the end: needle-one");
  EXPECT_EQ(whole.back().number,
            static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same every time
  for (const std::size_t most : {1U, 2U, 7U, 100U, 5000U}) {
    EXPECT_EQ(lines_of(scanner, text, [&] { return 1 + random() % most; }), whole) << most;
  }
}

TEST(LineSplitter, EachOfTwoOnOneLineAfterCarriageReturns) {
  const FaultScanner scanner({"needle-one"});
  const auto found =
      lines_of(scanner, "10%\r20% needle-one\r30% needle-one\nnext\n", [] { return 1000U; });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], (Found{1, "20% needle-one"}));
  EXPECT_EQ(found[1], (Found{1, "30% needle-one"}));
}

TEST(LineSplitter, ALineWithoutEndIsFoundInOnceAndNeverKeptWhole) {
  const FaultScanner scanner({"needle-one"});
  for (const std::size_t piece : {1000U, 4096U, 300000U}) {
    std::string text(700000, '.');
    std::size_t expected = 0;
    for (std::size_t at = 123; at + 20 < text.size(); at += 9973) {
      text.replace(at, 10, "needle-one");
      ++expected;
    }
    const auto found = lines_of(scanner, text, [&] { return piece; });
    EXPECT_EQ(found.size(), expected) << piece;
    for (const Found& one : found) {
      EXPECT_EQ(one.number, 1U);
      EXPECT_LE(one.line.size(), 4200U);
      EXPECT_NE(one.line.find("needle-one"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace rocmfix
