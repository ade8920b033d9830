// SPDX-License-Identifier: MIT
// The files of userspace/data as they are shipped: the strict readers take them, and what they say
// is whole. tests/cli/test_shipped_tables.py checks that a table and its file mean the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "builds/builds_toml.hpp"
#include "explain/cause_keys.hpp"
#include "explain/fault_matcher.hpp"
#include "explain/fault_rules_toml.hpp"
#include "machine/firmware_rules.hpp"
#include "machine/kernels_toml.hpp"
#include "policy/communicators_toml.hpp"
#include "policy/condition.hpp"
#include "policy/policy_toml.hpp"
#include "policy/variable_table.hpp"
#include "restart/mitigation_keys.hpp"
#include "restart/mitigations_toml.hpp"
#include "rocmfix/escalation.hpp"
#include "software/software_rules.hpp"

namespace rocmfix {
namespace {

std::string shipped(const std::string& name) {
  const std::ifstream in(ROCMFIX_DATA "/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_GT(text.str().size(), 1000U) << name;
  return text.str();
}

template <class T>
std::string refusal(const Result<T>& result) {
  return result ? "" : result.error().what + "; " + result.error().hint;
}

TEST(Tables, TheStrictReadersTakeWhatIsShipped) {
  TomlArena arena;
  const auto read = [&](const char* name, auto parse) {
    EXPECT_EQ(refusal(parse(shipped(name), name, arena)), "");
  };
  read("builds.toml", parse_builds);
  read("gpus.toml", parse_chips);
  read("settings.toml", parse_settings);
  read("faults.toml", parse_fault_tables);
  read("mitigations.toml", parse_mitigations);
  read("software.toml", detail::parse_software_rules);
  read("communicators.toml", parse_communicators);
  read("kernels.toml", parse_known_kernels);
  read("firmware.toml", detail::parse_firmware);
}

TEST(Tables, AKnownKernelAndAFirmwareAreThereOnceAndTheTablesAreTheFiles) {
  TomlArena arena;
  const auto same_names = [](const auto& file, const auto& table, std::string_view of) {
    std::set<std::string_view> names;
    ASSERT_EQ(file.size(), table.size()) << of;
    for (std::size_t i = 0; i < file.size(); ++i) {
      EXPECT_TRUE(names.insert(file[i].name).second) << file[i].name << " is duplicated";
      EXPECT_EQ(file[i].name, table[i].name);
      EXPECT_EQ(file[i].source, table[i].source);
    }
  };
  const auto kernels = parse_known_kernels(shipped("kernels.toml"), "", arena);
  ASSERT_TRUE(kernels);
  const KnownKernels known = KnownKernels::built_in();
  same_names(*kernels, known.entries(), "kernels");
  for (std::size_t i = 0; i < kernels->size(); ++i) {
    EXPECT_EQ((*kernels)[i].update, known.entries()[i].update);
    EXPECT_EQ((*kernels)[i].last, known.entries()[i].last);
  }
  const auto firmware = detail::parse_firmware(shipped("firmware.toml"), "", arena);
  ASSERT_TRUE(firmware);
  const auto rules = detail::FirmwareRules::built_in();
  same_names(firmware->files, rules.files(), "files");
  same_names(firmware->atomics, rules.atomics(), "without_atomics");
  same_names(firmware->packages, rules.packages(), "packages");
  for (std::size_t i = 0; i < firmware->files.size(); ++i) {
    EXPECT_EQ(firmware->files[i].device, rules.files()[i].device);
    EXPECT_EQ(firmware->files[i].revised, rules.files()[i].revised);
    EXPECT_TRUE(std::equal(firmware->files[i].gc.begin(), firmware->files[i].gc.end(),
                           rules.files()[i].gc.begin(), rules.files()[i].gc.end()));
  }
}

TEST(Tables, EachPatternMatchesItsExampleAndNoOtherDoesBefore) {
  const FaultRules rules = FaultRules::built_in();
  std::set<std::string_view> names;
  FaultMatcher matcher(rules.patterns());
  for (const FaultPattern& pattern : rules.patterns()) {
    EXPECT_TRUE(names.insert(pattern.name).second) << pattern.name << " is duplicated";
    EXPECT_EQ(FaultMatcher::fault_of(pattern), std::nullopt);
    EXPECT_FALSE(pattern.example.empty()) << pattern.name;
    const auto& found = matcher.match(pattern.example);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                            [&](const auto& line) { return line.pattern == &pattern; }))
        << "the example of " << pattern.name << " is caught by "
        << (found.empty() ? "nothing" : found.front().pattern->name);
  }
}

TEST(Tables, ACauseAsksForFactsThatSomePatternGives) {
  const FaultRules rules = FaultRules::built_in();
  std::set<std::string_view> facts;
  for (const FaultPattern& pattern : rules.patterns()) {
    facts.insert(pattern.fact);
  }
  facts.erase("");
  std::set<std::string_view> ids;
  for (const FaultCause& cause : rules.causes()) {
    EXPECT_TRUE(ids.insert(cause.id).second) << cause.id << " is duplicated";
    const auto given = [&](Clauses when) {
      for (const std::string_view key : {"seen", "seen_any", "not_seen", "several"}) {
        for (const std::string_view fact : words_of(when, key)) {
          EXPECT_TRUE(facts.contains(fact.substr(0, fact.find('='))))
              << cause.id << " asks for " << fact;
        }
      }
    };
    for (const CauseMatch& match : cause.matches) {
      given(match.when);
    }
    for (const CauseRemedy& other : cause.instead) {
      given(other.when);
      EXPECT_NE(other.remedy, cause.remedy) << cause.id;
    }
  }
}

TEST(Tables, ATypeHasItsOwnNameAndPatternsAndCausesKnowIt) {
  const FaultRules rules = FaultRules::built_in();
  std::set<std::string_view> names;
  for (const FaultType& type : rules.types()) {
    EXPECT_TRUE(names.insert(type.name).second) << type.name << " is duplicated";
    EXPECT_FALSE(type.text.empty()) << type.name;
    EXPECT_TRUE(type.kind.empty() || parse_fault_kind(type.kind) != FaultKind::none) << type.name;
    EXPECT_EQ(rules.type(type.name), &type);
  }
  const auto known = [&](std::string_view owner, Strings types) {
    for (const std::string_view type : types) {
      EXPECT_TRUE(names.contains(type)) << owner << ": " << type;
    }
  };
  for (const FaultPattern& pattern : rules.patterns()) {
    known(pattern.name, pattern.types);
  }
  for (const FaultCause& cause : rules.causes()) {
    for (const CauseMatch& match : cause.matches) {
      known(cause.id, words_of(match.when, "event"));
      known(cause.id, words_of(match.when, "no_event"));
    }
  }
}

TEST(Tables, AConditionHasKeysThatItsTableKnows) {
  const auto known = [](const auto& keys, Clauses when, std::string_view owner) {
    for (const Clause& clause : when) {
      EXPECT_NE(detail::find_key(keys, clause.key), nullptr) << owner << ": " << clause.key;
    }
  };
  const Policy policy = Policy::built_in();
  for (const Setting& setting : policy.settings()) {
    for (const Proposal& proposal : setting.proposals) {
      known(setting_keys(), proposal.when, setting.name);
    }
    for (const auto& list : {setting.judgements, setting.advice}) {
      for (const Judgement& judgement : list) {
        known(setting_keys(), judgement.when, setting.name);
      }
    }
  }
  const FaultRules rules = FaultRules::built_in();
  for (const FaultCause& cause : rules.causes()) {
    for (const CauseMatch& match : cause.matches) {
      known(cause_keys(), match.when, cause.id);
    }
    for (const CauseRemedy& other : cause.instead) {
      known(cause_keys(), other.when, cause.id);
    }
  }
  const Escalation escalation = Escalation::built_in();
  for (const Mitigation& mitigation : escalation.mitigations()) {
    known(mitigation_keys(), mitigation.when, mitigation.name);
  }
}

TEST(Tables, AMitigationHasItsOwnNameAndStepAndCausesThatExist) {
  const Escalation escalation = Escalation::built_in();
  std::set<std::string_view> causes;
  const FaultRules rules = FaultRules::built_in();
  for (const FaultCause& cause : rules.causes()) {
    causes.insert(cause.id);
  }
  std::set<std::string_view> names;
  std::set<std::uint64_t> steps;
  for (const Mitigation& mitigation : escalation.mitigations()) {
    EXPECT_TRUE(names.insert(mitigation.name).second) << mitigation.name;
    EXPECT_TRUE(steps.insert(mitigation.step).second) << mitigation.name;
    for (const std::string_view key : {"cause", "no_cause"}) {
      for (const std::string_view cause : words_of(mitigation.when, key)) {
        EXPECT_TRUE(causes.contains(cause)) << mitigation.name << ": " << cause;
      }
    }
  }
}

TEST(Tables, EachLimitOfRestartingIsSet) {
  const Escalation escalation = Escalation::built_in();
  const RestartLimits& limits = escalation.limits();
  for (const std::uint64_t limit :
       {limits.interval_ms, limits.burst, limits.delay_ms, limits.delay_max_ms, limits.settle_ms,
        limits.calm_ms, limits.progress_beats}) {
    EXPECT_NE(limit, 0U);
  }
}

TEST(Tables, ACommunicatorHasASourceAndNamesThatNoOtherCovers) {
  TomlArena arena;
  const auto entries = parse_communicators(shipped("communicators.toml"), "", arena);
  ASSERT_TRUE(entries);
  std::vector<std::string_view> names;
  for (const Communicator& entry : *entries) {
    EXPECT_FALSE(entry.source.empty()) << entry.name;
    for (const std::string_view name : entry.starts_with) {
      for (const std::string_view other : names) {
        EXPECT_FALSE(name.starts_with(other) || other.starts_with(name)) << name << ", " << other;
      }
      names.push_back(name);
    }
  }
  EXPECT_GT(names.size(), 10U);
}

TEST(Tables, AVariableThatACrashReportQuotesIsThereOnceAndNoSecrets) {
  constexpr std::array secrets = {"TOKEN", "KEY", "PASS", "SECRET", "CREDENTIAL", "AUTH"};
  const auto names = tables::runtime_variables;
  EXPECT_GT(names.size(), 20U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const std::string_view name : names) {
    EXPECT_EQ(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string_view::npos)
        << name;
    EXPECT_TRUE(std::none_of(secrets.begin(), secrets.end(), [name](std::string_view part) {
      return name.find(part) != std::string_view::npos;
    })) << name;
  }
}

}  // namespace
}  // namespace rocmfix
