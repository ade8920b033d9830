// SPDX-License-Identifier: MIT
// A fault as a value: the same answer as for the lines that ROCr, rocminfo and the kernel print.
#include "rocmfix/fault_input.hpp"

#include <gtest/gtest.h>

#include "rocmfix/c_api.h"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

std::vector<std::string> causes_of(const std::vector<LogIncident>& incidents) {
  std::vector<std::string> ids;
  for (const LogIncident& incident : incidents) {
    for (const ProbableCause& cause : incident.causes) {
      ids.emplace_back(cause.rule->id);
    }
  }
  return ids;
}

FaultInput memory_fault() {
  FaultInput input;
  input.events = {{"gpu_memory_fault",
                   {{"address", "0x7f3d7a123000"}, {"reason", "page_not_present"}, {"node", "1"}}}};
  return input;
}

std::string error_of(const FaultInput& input) {
  const auto incidents = explain_fault(FaultRules::built_in(), input);
  return incidents ? "" : incidents.error().what;
}

TEST(FaultInput, AnEventIsWhatTheRuntimesLineIs) {
  const FaultRules rules = FaultRules::built_in();
  const auto of_value = explain_fault(rules, memory_fault());
  ASSERT_TRUE(of_value);
  const auto of_line = find_incidents(rules,
                                      "Memory access fault by GPU node-1 (Agent handle: 0x1) on "
                                      "address 0x7f3d7a123000. Reason: Page "
                                      "not present or supervisor privilege.\n");
  ASSERT_EQ(of_value->size(), 1U);
  ASSERT_EQ(of_line.size(), 1U);
  EXPECT_EQ(incident_json(of_value->front()), incident_json(of_line.front()));
}

TEST(FaultInput, FactsAndTheEnvironmentAreWhatCausesRequire) {
  const FaultRules rules = FaultRules::built_in();
  FaultInput input = memory_fault();
  EXPECT_TRUE(causes_of(*explain_fault(rules, input)).empty());
  input.environment = {"HSA_OVERRIDE_GFX_VERSION=10.3.0"};
  input.facts = {{"rdna1", "gfx1010"}};
  const auto incidents = explain_fault(rules, input);
  ASSERT_TRUE(incidents);
  ASSERT_EQ(causes_of(*incidents).at(0), "wrong-isa-override");
  std::string evidence;
  for (const EvidenceLine& line : incidents->front().causes.front().evidence) {
    EXPECT_EQ(line.number, 0U) << "no line of a log";
    evidence += line.text + "\n";
  }
  EXPECT_NE(evidence.find("rdna1: gfx1010"), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("HSA_OVERRIDE_GFX_VERSION=10.3.0"), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("address 0x7f3d7a123000"), std::string::npos) << evidence;
}

TEST(FaultInput, TheLogAndAnEventOfTheSamePageAreOneIncident) {
  FaultInput input = memory_fault();
  const std::string prefix = "[  100.000100] amdgpu 0000:03:00.0: amdgpu: ";
  input.log = prefix + "[gfxhub] page fault (src_id:0 ring:24 vmid:6 pasid:32803)\n" + prefix +
              "  in page starting at address 0x00007f3d7a123000 from client 0x1b (UTCL2)\n";
  for (int i = 0; i < 300; ++i) {
    input.log += "noise\n";
  }
  const auto incidents = explain_fault(FaultRules::built_in(), input);
  ASSERT_TRUE(incidents);
  ASSERT_EQ(incidents->size(), 1U);
  EXPECT_EQ(incidents->front().events.size(), 2U);
}

TEST(FaultInput, AVariableCannotForgeAnEvent) {
  FaultInput input;
  input.environment = {"X=Memory access fault by GPU node-1 on address 0x1000. Reason: Unknown.",
                       "Y=\nMemory access fault by GPU node-1 on address 0x1000"};
  const auto incidents = explain_fault(FaultRules::built_in(), input);
  ASSERT_TRUE(incidents);
  EXPECT_TRUE(incidents->empty());
}

TEST(FaultInput, AMachineThatStartsAgainKeepsItsFacts) {
  const FaultRules rules = FaultRules::built_in();
  FaultInput input = memory_fault();
  input.facts = {{"rdna1", "gfx1010"}};
  input.environment = {"HSA_OVERRIDE_GFX_VERSION=10.3.0"};
  for (const FaultPattern& pattern : rules.patterns()) {
    if (pattern.role == LineRole::boot) {
      input.log = std::string(pattern.example) + "\n";
    }
  }
  ASSERT_FALSE(input.log.empty());
  EXPECT_EQ(causes_of(*explain_fault(rules, input)).at(0), "wrong-isa-override");
}

TEST(FaultInput, ALogThatNamesTheMachinesNodeAgainHasNoSecondNode) {
  const FaultRules rules = FaultRules::built_in();
  const auto several = [&](std::vector<std::pair<std::string, std::string>> nodes,
                           const std::string& log) {
    FaultInput input = memory_fault();
    input.environment = {"HSA_OVERRIDE_GFX_VERSION=10.3.0"};
    input.facts = std::move(nodes);
    input.log = log;
    const auto ids = causes_of(*explain_fault(rules, input));
    return std::find(ids.begin(), ids.end(), "override-hits-other-gpu") != ids.end();
  };
  const std::string node = "amdgpu: Topology: Add dGPU node [0x731f:0x1002]\n";
  EXPECT_TRUE(several({}, node + node));
  EXPECT_TRUE(several({{"gpu-node", "1002:731f"}, {"gpu-node", "1002:164e"}}, node));
  EXPECT_FALSE(several({{"gpu-node", "1002:731f"}}, node));
}

TEST(FaultInput, WhatNoTableHasIsAnError) {
  FaultInput input;
  input.events = {{"hang", {}}};
  EXPECT_EQ(error_of(input), "no type of event is named 'hang'");
  input.events = {{"gpu_hang", {{"color", "red"}}}};
  EXPECT_EQ(error_of(input), "an event has no field 'color'");
  input.events = {{"gpu_hang", {{"status", "0x1"}}}};
  EXPECT_EQ(error_of(input), "an event has no field 'status'");
  input.events = {};
  input.facts = {{"weather", "rain"}};
  EXPECT_EQ(error_of(input), "no fact is named 'weather'");
}

TEST(FaultInput, ANewTypeOfEventIsDataAlone) {
  const test::TemporaryTree tree;
  tree.write("etc/rocmfix/faults.toml",
             "[[type]]\nname = \"fan_stopped\"\ntext = \"the fan stopped\"\nkind = \"hang\"\n"
             "[[pattern]]\nname = \"fan\"\nrole = \"event\"\ntype = [\"fan_stopped\"]\n"
             "text = \"fan stopped\"\nregex = 'fan stopped on node (?P<node>\\d+)'\n"
             "example = \"fan stopped on node 3\"\nsource = \"s\"\n"
             "[[cause]]\nid = \"dust\"\nsummary = \"s\"\ncheck = \"c\"\nremedy = \"r\"\ngrade = "
             "\"?\"\nsource = \"s\"\nmatch = [{ confidence = \"certain\", when = { event = "
             "[\"fan_stopped\"] } }]\n");
  const auto rules = FaultRules::load(tree.root());
  ASSERT_TRUE(rules) << rules.error().what;
  const auto incidents = find_incidents(*rules, "fan stopped on node 3\n");
  ASSERT_EQ(incidents.size(), 1U);
  const std::string json = incident_json(incidents.front());
  EXPECT_NE(json.find("\"what\": \"the fan stopped\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"kind\": \"hang\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"node\": 3"), std::string::npos) << json;
  EXPECT_EQ(causes_of(incidents).at(0), "dust");
  FaultInput input;
  input.events = {{"fan_stopped", {}}};
  EXPECT_EQ(causes_of(*explain_fault(*rules, input)).at(0), "dust");
}

std::string answer_to(const char* request) {
  char* const text = rocmfix_explain_json("/", request);
  std::string answer = text == nullptr ? "" : text;
  rocmfix_free(text);
  return answer;
}

TEST(FaultInput, TheCInterfaceAnswersWithADocumentWhateverItIsGiven) {
  EXPECT_NE(answer_to(R"({"schema": 1, "events": [{"type": "gpu_hang", "node": 2}]})")
                .find("\"node\": 2"),
            std::string::npos);
  for (const char* const request :
       {"", "[]", "{}", R"({"schema": 2})", R"({"schema": 1, "events": 3})",
        R"({"schema": 1, "events": [{"type": 3}]})", R"({"schema": 1, "log": []})",
        R"({"schema": 1, "events": [{"type": "gpu_hang", "node": -1}]})",
        R"({"schema": 1, "facts": [{"fact": "rdna1"}]})", R"({"schema": 1, "environment": [1]})"}) {
    EXPECT_NE(answer_to(request).find("\"error\""), std::string::npos) << request;
  }
}

}  // namespace
}  // namespace rocmfix
