// SPDX-License-Identifier: MIT
// The document: it is JSON, whatever it contains, and says what the case is.
#include "incident/fault_report.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rocmfix::hip {
namespace {

constexpr uint64_t start = 0x7f0000400000;
constexpr uint64_t size = 3 << 20;

Block live() {
  Block made;
  made.address = start;
  made.size = size;
  made.api = Api::hipHostMalloc;
  made.flags = 2;
  made.place = Place::host;
  made.of_program = true;
  made.made_noncoherent = true;
  made.thread = 77;
  made.time = 1'000'000;
  return made;
}

nlohmann::json written(const FaultReport& report, const Neighbourhood& around) {
  std::vector<char> buffer(64 * 1024);
  JsonText json(buffer.data(), buffer.size());
  write_document(json, report, around);
  EXPECT_FALSE(json.overflown());
  return nlohmann::json::parse(json.text());
}

FaultReport incident_at(uint64_t address) {
  FaultReport made;
  made.fault = {.agent = 1, .address = address, .reasons = hsa::fault_not_present};
  made.now = 5'000'000'000;
  return made;
}

/// Of a report whose mask has these bits.
nlohmann::json reasons_of(uint32_t mask) {
  FaultReport report = incident_at(start);
  report.fault.reasons = mask;
  return written(report, Neighbourhood(start))["fault"]["reasons"];
}

// tests/hip/programs/abi.cpp compares these bits with the runtime's own header.
TEST(FaultReport, EveryReasonOfTheRuntimesHasItsName) {
  using nlohmann::json;
  EXPECT_EQ(reasons_of(hsa::fault_not_present), json({"page_not_present"}));
  EXPECT_EQ(reasons_of(hsa::fault_read_only), json({"read_only"}));
  EXPECT_EQ(reasons_of(hsa::fault_no_execute), json({"no_execute"}));
  EXPECT_EQ(reasons_of(hsa::fault_host_only), json({"host_only"}));
  EXPECT_EQ(reasons_of(hsa::fault_dram_ecc), json({"dram_ecc"}));
  EXPECT_EQ(reasons_of(hsa::fault_imprecise), json({"imprecise"}));
  EXPECT_EQ(reasons_of(hsa::fault_sram_ecc), json({"sram_ecc"}));
  EXPECT_EQ(reasons_of(hsa::fault_hang), json({"hang"}));
  EXPECT_EQ(reasons_of(1U << 12U), json::array());
  EXPECT_EQ(reasons_of(~0U).size(), 8U);
}

// As hsa_amd_gpu_hw_exception_info_t says it, or as a fault at address 0.
TEST(FaultReport, AResetOfTheGpuIsAHangAndSaysNothingOfAnAllocation) {
  for (const Fault& fault :
       {Fault{.agent = 1, .address = 0, .reasons = hsa::fault_hang},
        Fault{.agent = 1, .address = 0, .reasons = hsa::fault_sram_ecc, .reset = true}}) {
    FaultReport report;
    report.fault = fault;
    const auto document = written(report, Neighbourhood(0));
    EXPECT_EQ(document["kind"], "gpu_hang");
    EXPECT_FALSE(document.contains("case") || document.contains("nearest"));
  }
  EXPECT_EQ(written(incident_at(0), Neighbourhood(0))["kind"], "gpu_memory_fault");
}

TEST(FaultReport, OneRankOfAJobSaysWhichItIs) {
  FaultReport report = incident_at(start);
  EXPECT_FALSE(written(report, Neighbourhood(start)).contains("rank"));
  report.rank = 3;
  EXPECT_EQ(written(report, Neighbourhood(start))["rank"], 3);
}

TEST(FaultReport, PastTheEnd) {
  Neighbourhood around(start + size + 4096);
  around.see(live());
  const auto document = written(incident_at(start + size + 4096), around);
  EXPECT_EQ(document["schema"], 1);
  EXPECT_EQ(document["case"], "past_end");
  EXPECT_EQ(document["fault"]["address"], "0x7f0000701000");
  EXPECT_EQ(document["fault"]["reasons"], nlohmann::json({"page_not_present"}));
  const auto& allocation = document["allocation"];
  EXPECT_EQ(allocation["state"], "live");
  EXPECT_EQ(allocation["past_end"], 4096);
  EXPECT_EQ(allocation["api"], "hipHostMalloc");
  EXPECT_EQ(allocation["flags"], 2);
  EXPECT_EQ(allocation["size"], size);
  EXPECT_EQ(allocation["thread"], 77);
  EXPECT_EQ(allocation["place"], "host");
  EXPECT_EQ(allocation["made_noncoherent"], true);
  EXPECT_EQ(allocation["age_us"], 4'999'000);
  EXPECT_NE(document["summary"].get<std::string>().find("4096 bytes after the end"),
            std::string::npos);
}

TEST(FaultReport, Freed) {
  Neighbourhood around(start + 4096);
  around.see(FreedBlock{live(), 4'900'000'000, 78, Api::hipHostFree});
  const auto document = written(incident_at(start + 4096), around);
  EXPECT_EQ(document["case"], "freed_recently");
  EXPECT_EQ(document["allocation"]["state"], "freed");
  EXPECT_EQ(document["allocation"]["offset"], 4096);
  EXPECT_EQ(document["allocation"]["freed_us_ago"], 100'000);
  EXPECT_EQ(document["allocation"]["freed_by"], "hipHostFree");
  EXPECT_EQ(document["allocation"]["freed_by_thread"], 78);
}

TEST(FaultReport, NothingKnown) {
  const Neighbourhood around(0);
  const auto document = written(incident_at(0), around);
  EXPECT_EQ(document["case"], "nil");
  EXPECT_TRUE(document["allocation"].is_null());
  EXPECT_TRUE(document["nearest"].is_null());
  EXPECT_TRUE(document["gpu"].is_null());
}

TEST(FaultReport, Time) {
  const std::vector<std::pair<int64_t, const char*>> times = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {951'782'400, "2000-02-29T00:00:00.000000Z"},
      {1'795'401'605, "2026-11-23T02:40:05.000000Z"},
      {4'107'542'399, "2100-02-28T23:59:59.000000Z"},
      {4'107'542'400, "2100-03-01T00:00:00.000000Z"},
      {1'798'761'599, "2026-12-31T23:59:59.000000Z"},
  };
  for (const auto& [seconds, text] : times) {
    FaultReport report = incident_at(0);
    report.seconds = seconds;
    EXPECT_EQ(written(report, Neighbourhood(0))["time"], text);
  }
  FaultReport report = incident_at(0);
  report.nanoseconds = 4'005'999;
  EXPECT_EQ(written(report, Neighbourhood(0))["time"], "1970-01-01T00:00:00.004005Z");
}

TEST(FaultReport, CallsTheNewestFirst) {
  const std::array<Call, 2> calls = {Call{.time = 4'000'000'000,
                                          .address = start,
                                          .size = 5,
                                          .thread = 9,
                                          .result = 2,
                                          .api = Api::hipMalloc},
                                     Call{.time = 3'000'000'000,
                                          .address = 0,
                                          .size = 0,
                                          .thread = 9,
                                          .result = -1,
                                          .api = Api::hipFree}};
  FaultReport report = incident_at(start);
  report.calls = calls;
  const auto document = written(report, Neighbourhood(start));
  ASSERT_EQ(document["calls"].size(), 2U);
  EXPECT_EQ(document["calls"][0]["api"], "hipMalloc");
  EXPECT_EQ(document["calls"][0]["us_ago"], 1'000'000);
  EXPECT_EQ(document["calls"][1]["result"], -1);
}

TEST(FaultReport, WhatThePolicyLeftCoherentAndWhy) {
  layer.settings.coherence = CoherencePolicy::automatic;
  layer.coherence_tally.clear();
  for (int i = 0; i < 3; ++i) {
    layer.coherence_tally.add(Reason::communicator, "librccl.so.1");
  }
  layer.coherence_tally.add(Reason::none, "libtorch_hip.so");
  layer.coherence_tally.add(Reason::none, "libc10_hip.so");
  layer.coherence_tally.add(Reason::shared, "the \"program\"");
  const auto document = written(incident_at(0), Neighbourhood(0));
  layer.coherence_tally.clear();
  EXPECT_EQ(document["coherence"]["policy"], "auto");
  EXPECT_EQ(document["coherence"]["active"], false);
  EXPECT_EQ(document["coherence"]["made_noncoherent"], 2);
  EXPECT_EQ(document["coherence"]["left_coherent"], nlohmann::json::parse(R"([
      {"reason": "communication-library", "object": "librccl.so.1", "count": 3},
      {"reason": "shared-memory", "object": "the \"program\"", "count": 1}])"));
}

// A name may hold anything that a file name may.
TEST(FaultReport, ProgramNameIsEscaped) {
  FaultReport report = incident_at(0);
  report.program = "a\"b\\c\nd\x01\xff";
  const auto document = written(report, Neighbourhood(0));
  EXPECT_EQ(document["program"], "a\"b\\c\nd\x01\u00ff");
}

TEST(FaultReport, WhatDoesNotFitIsReportedNotTruncated) {
  std::array<char, 100> buffer{};
  JsonText json(buffer.data(), buffer.size());
  write_document(json, incident_at(start), Neighbourhood(start));
  EXPECT_TRUE(json.overflown());
}

TEST(FaultReport, AddressesAndNumbersAreWhole) {
  std::vector<char> buffer(4096);
  JsonText json(buffer.data(), buffer.size());
  json.open_object();
  json.address("zero", 0);
  json.address("all", UINT64_MAX);
  json.number("most", UINT64_MAX);
  json.signed_number("least", INT64_MIN);
  json.close_object();
  EXPECT_EQ(json.text(), R"({"zero":"0x0","all":"0xffffffffffffffff","most":18446744073709551615,)"
                         R"("least":-9223372036854775808})");
}

}  // namespace
}  // namespace rocmfix::hip
