// SPDX-License-Identifier: MIT
// What the text cases cannot show: that a log's length and the pieces it comes in do not matter.
#include "rocmfix/fault_reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace rocmfix {
namespace {

std::string fault(unsigned second, std::uint64_t address, unsigned pid) {
  const std::string prefix = fmt::format("[{:5}.000100] amdgpu 0000:03:00.0: amdgpu: ", second);
  return prefix + "[gfxhub] page fault (src_id:0 ring:24 vmid:6 pasid:32803)\n" + prefix +
         fmt::format(" in process python3 pid {} thread python3 pid {}\n", pid, pid + 8) + prefix +
         fmt::format("  in page starting at address 0x{:016x} from client 0x1b (UTCL2)\n",
                     address) +
         prefix + "GCVM_L2_PROTECTION_FAULT_STATUS:0x00601031\n";
}

std::string as_text(const std::vector<LogIncident>& incidents) {
  std::string text;
  for (const LogIncident& incident : incidents) {
    text += incident_json(incident) + "\n";
  }
  return text;
}

TEST(FaultReader, PiecesMakeNoDifference) {
  const FaultRules rules = FaultRules::built_in();
  std::string log;
  for (unsigned i = 0; i < 20; ++i) {
    log += fault(100 + 60 * i, 0x7f0000000000 + i * std::uint64_t{0x10000}, 1000 + i) +
           "noise\r50%\rmore\n";
  }
  const std::string whole = as_text(find_incidents(rules, log));
  EXPECT_NE(whole.find("\"pid\": 1019"), std::string::npos);
  for (const std::size_t piece : {1U, 3U, 64U, 1000U}) {
    std::vector<LogIncident> incidents;
    FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
    for (std::size_t at = 0; at < log.size(); at += piece) {
      reader.feed(std::string_view(log).substr(at, piece));
    }
    reader.finish();
    EXPECT_EQ(as_text(incidents), whole) << piece;
    EXPECT_EQ(reader.lines(), static_cast<std::uint64_t>(std::count(log.begin(), log.end(), '\n')));
  }
}

TEST(FaultReader, IncidentsComeOutWhileTheLogIsRead) {
  const FaultRules rules = FaultRules::built_in();
  unsigned handed_out = 0;
  FaultReader reader(rules, [&](const LogIncident&) { ++handed_out; });
  for (unsigned i = 0; i < 1000; ++i) {
    reader.feed(fault(100 + 60 * i, 0x7f0000000000 + i * std::uint64_t{0x10000}, i + 1));
  }
  EXPECT_GE(handed_out, 1000U - 32U);
  reader.finish();
  EXPECT_EQ(handed_out, 1000U);
}

TEST(FaultReader, FiftyThousandOfTheSameAreOneEvent) {
  const FaultRules rules = FaultRules::built_in();
  std::vector<LogIncident> incidents;
  FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
  const std::string one =
      "[  100.000100] amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:6 "
      "pasid:32803)\n";
  for (unsigned i = 0; i < 50000; ++i) {
    reader.feed(one);
  }
  reader.finish();
  ASSERT_EQ(incidents.size(), 1U);
  ASSERT_EQ(incidents[0].events.size(), 1U);
  EXPECT_EQ(incidents[0].events[0].count, 50000U);
  EXPECT_LE(incidents[0].events[0].lines.size(), 12U);
}

TEST(FaultReader, EventsBeyondWhatAnIncidentKeepsAreCounted) {
  const FaultRules rules = FaultRules::built_in();
  std::string log;
  for (unsigned i = 0; i < 40; ++i) {
    log += fmt::format(
        "[  100.000100] amdgpu 0000:03:00.0: amdgpu: ring r{} timeout, signaled "
        "seq=1, emitted seq=2\n",
        i);
  }
  const auto incidents = find_incidents(rules, log);
  ASSERT_EQ(incidents.size(), 1U);
  EXPECT_EQ(incidents[0].events.size() + incidents[0].dropped, 40U);
  EXPECT_GT(incidents[0].dropped, 0U);
}

TEST(FaultReader, TimeSeparatesWhatLinesWouldJoin) {
  const FaultRules rules = FaultRules::built_in();
  EXPECT_EQ(find_incidents(rules, fault(100, 0x1000, 5) + fault(110, 0x2000, 5)).size(), 1U);
  EXPECT_EQ(find_incidents(rules, fault(100, 0x1000, 5) + fault(200, 0x2000, 5)).size(), 2U);
}

TEST(FaultReader, FaultsOfTwoProcessesAreTwoEvents) {
  const FaultRules rules = FaultRules::built_in();
  const auto incidents = find_incidents(rules, fault(100, 0x1000, 5) + fault(101, 0x1000, 6));
  ASSERT_EQ(incidents.size(), 1U);
  ASSERT_EQ(incidents[0].events.size(), 2U);
  EXPECT_EQ(incidents[0].events[0].number(FaultField::pid), 5U);
  EXPECT_EQ(incidents[0].events[1].number(FaultField::pid), 6U);
}

TEST(FaultReader, AfterItsEndAnotherLogIsRead) {
  const FaultRules rules = FaultRules::built_in();
  std::vector<LogIncident> incidents;
  FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
  reader.feed("HSA_OVERRIDE_GFX_VERSION=10.3.0\nan end that is no");
  reader.finish();
  EXPECT_EQ(reader.lines(), 2U);
  reader.feed("aborting with error : HSA_STATUS_ERROR_MEMORY_APERTURE_VIOLATION: x\n");
  reader.finish();
  EXPECT_EQ(reader.lines(), 1U);
  ASSERT_EQ(incidents.size(), 1U);
  EXPECT_EQ(incidents[0].events.at(0).line, 1U);
  EXPECT_TRUE(incidents[0].causes.empty());
}

TEST(FaultReader, AFactAfterTheIncidentCountsOnlyNearIt) {
  const FaultRules rules = FaultRules::built_in();
  const std::string event =
      "Callback: Queue 0x1 aborting with error : HSA_STATUS_ERROR_MEMORY_APERTURE_VIOLATION: x\n";
  const std::string fact = "HSA_OVERRIDE_GFX_VERSION=10.3.0\n";
  std::string noise;
  for (int i = 0; i < 150; ++i) {
    noise += "noise\n";
  }
  const auto causes = [&](const std::string& log) {
    return find_incidents(rules, log).at(0).causes.size();
  };
  EXPECT_EQ(causes(event), 0U);
  EXPECT_EQ(causes(fact + noise + event), 1U);
  EXPECT_EQ(causes(event + fact), 1U);
  EXPECT_EQ(causes(event + noise + fact), 0U);
}

TEST(FaultReader, WhatTheMachineHasCountsMoreThanCardsThatALogNames) {
  const FaultRules rules = FaultRules::built_in();
  std::vector<LogIncident> incidents;
  FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
  ASSERT_TRUE(reader.add_fact("rdna1", "gfx1010"));
  reader.add_assignment("HSA_OVERRIDE_GFX_VERSION=10.3.0");
  reader.feed("my neighbour has a Radeon RX 6700 XT\nMemory access fault by GPU node-1\n");
  reader.finish();
  ASSERT_EQ(incidents.size(), 1U);
  ASSERT_FALSE(incidents[0].causes.empty());
  EXPECT_EQ(incidents[0].causes[0].rule->id, "wrong-isa-override");
  EXPECT_EQ(incidents[0].causes[0].confidence, Confidence::likely);
}

TEST(FaultReader, ARemedyInForceIsReplacedAndWhatShowsItIsEvidence) {
  const FaultRules rules = FaultRules::built_in();
  const auto incidents = find_incidents(
      rules,
      "CT2_CUDA_ALLOCATOR=cub_caching\nCUDA failed with error an illegal memory access was "
      "encountered\n");
  ASSERT_EQ(incidents.size(), 1U);
  const auto& causes = incidents[0].causes;
  const auto cause = std::find_if(causes.begin(), causes.end(), [](const ProbableCause& one) {
    return one.rule->id == "ct2-allocator";
  });
  ASSERT_NE(cause, causes.end());
  EXPECT_NE(cause->remedy, cause->rule->remedy);
  EXPECT_TRUE(std::any_of(cause->evidence.begin(), cause->evidence.end(),
                          [](const EvidenceLine& line) { return line.number == 1; }));
}

TEST(FaultReader, PiecesMakeNoDifferenceToTimesThatNeedEveryLine) {
  const FaultRules rules = FaultRules::built_in();
  std::string log = "[Nov23 01:50] Linux version 6.1.0 (x) y\n";
  for (int i = 0; i < 30; ++i) {
    log +=
        "[  +1.000000] usb\n[  +0.000004] amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, "
        "signaled seq=1, emitted seq=2\n";
  }
  const std::string whole = as_text(find_incidents(rules, log));
  EXPECT_NE(whole.find("Nov23 01:50"), std::string::npos);
  for (const std::size_t piece : {1U, 7U, 100U}) {
    std::vector<LogIncident> incidents;
    FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
    for (std::size_t at = 0; at < log.size(); at += piece) {
      reader.feed(std::string_view(log).substr(at, piece));
    }
    reader.finish();
    EXPECT_EQ(as_text(incidents), whole) << piece;
  }
}

TEST(FaultReader, CausesNeedAllThatTheyAskFor) {
  // Whatever the built-in rules are: no event, no cause; and each cause that is named has evidence.
  const FaultRules rules = FaultRules::built_in();
  std::string facts;
  for (const FaultPattern& pattern : rules.patterns()) {
    if (pattern.role == LineRole::fact) {
      facts += std::string(pattern.example) + "\n";
    }
  }
  EXPECT_TRUE(find_incidents(rules, "Linux version 6.1.0 (x) y\n").empty());
  for (const FaultPattern& pattern : rules.patterns()) {
    if (pattern.role != LineRole::event) {
      continue;
    }
    const auto incidents = find_incidents(rules, facts + std::string(pattern.example) + "\n");
    ASSERT_FALSE(incidents.empty()) << pattern.name;
    for (const ProbableCause& cause : incidents.back().causes) {
      EXPECT_FALSE(cause.evidence.empty()) << pattern.name << " " << cause.rule->id;
    }
  }
}

}  // namespace
}  // namespace rocmfix
