// SPDX-License-Identifier: MIT
// What the interpreter makes of loads under way, waits and invalidations: with a wave whose memory
// is late, through the instructions' own handlers.
#include "gpu/isa/waits.hpp"

#include <gtest/gtest.h>

#include "gpu/isa/parse.hpp"
#include "gpu/isa/table.hpp"
#include "gpu_caches.hpp"

namespace rocmfix::sim::isa {
namespace {

using cache::Words;

class Recorder : public Words {
 public:
  bool read(std::uint64_t va, void* out, std::size_t size, Policy policy) override {
    last = policy;
    return Words::read(va, out, size, policy);
  }
  void begin_store() override { ++stores; }
  void wait_stores(std::uint64_t left) override { left_stores = left; }
  void invalidate(CacheLevel level) override { dropped.push_back(level); }

  Policy last;
  unsigned stores = 0;
  std::uint64_t left_stores = ~std::uint64_t{0};
  std::vector<CacheLevel> dropped;
};

class GpuWaits : public testing::Test {
 protected:
  GpuWaits() {
    wave.v.resize(256);
    wave.group = &group;
    group.memory = &memory;
    wave.in_flight = std::make_unique<InFlight>();
    wave.in_flight->port = std::make_unique<cache::Port>();
    wave.set_exec(1);
    wave.v[0][0] = at;
    memory.late = true;
  }
  // As the disassembler prints it; the code's word has the constant.
  void run(const std::string& text, std::uint32_t word = 0) {
    Instruction& in = instructions.emplace_back();
    in.words[0] = word;
    ASSERT_TRUE(parse(text, in)) << text;
    const Handler handler = Table::all().find(in.name);
    ASSERT_NE(handler, nullptr) << in.name;
    handler(wave, in);
    ASSERT_TRUE(wave.running()) << wave.stop.what;
  }
  // s_waitcnt's, for vmcnt alone.
  static std::uint32_t vmcnt(std::uint32_t count) {
    return 0x3f70U | (count & 0xfU) | (count >> 4U) << 14U;
  }

  static constexpr std::uint32_t at = 4096;
  Recorder memory;
  Group group;
  Wave wave;
  std::deque<Instruction> instructions;
};

TEST_F(GpuWaits, ALoadMayTakeItsValueWhenItIsWaitedFor) {
  run("global_load_dword v2, v[0:1], off");
  memory.put(at, 7);
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[2][0], 7U);
  memory.put(at, 8);
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[2][0], 7U) << "once";
}

TEST_F(GpuWaits, OrWhenItIsIssued) {
  memory.late = false;
  run("global_load_dword v2, v[0:1], off");
  memory.put(at, 7);
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[2][0], 0U);
}

TEST_F(GpuWaits, AWaitForACountIsForTheOldestLoads) {
  run("global_load_dword v2, v[0:1], off");
  run("global_load_dword v3, v[0:1], off");
  memory.put(at, 7);
  run("s_waitcnt vmcnt(1)", vmcnt(1));
  EXPECT_EQ(wave.v[2][0], 7U);
  EXPECT_EQ(wave.v[3][0], 0U);
  run("s_waitcnt vmcnt(32)", vmcnt(32));
  EXPECT_EQ(wave.v[3][0], 0U) << "the count's upper bits";
  run("s_waitcnt_vmcnt null, 0x0");
  EXPECT_EQ(wave.v[3][0], 7U);
}

TEST_F(GpuWaits, LoadsWriteTheirRegistersInTheOrderOfTheirIssue) {
  memory.put(at + 4, 1);
  run("global_load_dword v2, v[0:1], off");
  run("global_load_dword v2, v[0:1], off offset:4");
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[2][0], 1U);
}

TEST_F(GpuWaits, TheAddressIsThatOfTheIssue) {
  memory.put(8192, 9);
  run("global_load_dword v0, v[0:1], off");
  wave.v[0][0] = 8192;
  memory.put(at, 7);
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[0][0], 7U);
}

TEST_F(GpuWaits, ALoadDoesNotSeeAStoreThatFollowsIt) {
  run("global_load_dword v2, v[0:1], off");
  wave.v[3][0] = 7;
  run("global_store_dword v[0:1], v3, off");
  EXPECT_EQ(memory.get(at), 7U);
  EXPECT_EQ(memory.stores, 1U);
  run("s_waitcnt vmcnt(0)", vmcnt(0));
  EXPECT_EQ(wave.v[2][0], 0U);
}

TEST_F(GpuWaits, AnAtomicWithAResultCountsAsALoadAndOneWithoutAsAStore) {
  wave.v[3][0] = 5;
  run("global_atomic_add v4, v[0:1], v3, off glc");
  EXPECT_EQ(memory.stores, 0U);
  EXPECT_EQ(wave.in_flight->loads.size(), 1U);
  run("global_atomic_add v[0:1], v3, off");
  EXPECT_EQ(memory.stores, 1U);
  EXPECT_EQ(wave.in_flight->loads.size(), 1U);
  EXPECT_EQ(memory.get(at), 10U);
  EXPECT_EQ(wave.v[4][0], 0U);
}

TEST_F(GpuWaits, NoMoreThanVmcntCanCountAreUnderWay) {
  for (unsigned i = 0; i < 64; ++i) {
    run("global_load_dword v2, v[0:1], off");
  }
  EXPECT_EQ(wave.in_flight->loads.size(), 63U);
}

TEST_F(GpuWaits, TheBitsOfALoadReachTheMemory) {
  run("global_load_dword v2, v[0:1], off glc slc");
  EXPECT_TRUE(memory.last.glc && !memory.last.dlc && memory.last.slc && !memory.last.scalar);
  run("global_load_dword v2, v[0:1], off glc dlc");
  EXPECT_TRUE(memory.last.glc && memory.last.dlc && !memory.last.slc);
  wave.s[2] = at;
  run("s_load_dword s0, s[2:3], 0x0 dlc");
  EXPECT_TRUE(!memory.last.glc && memory.last.dlc && memory.last.scalar);
}

TEST_F(GpuWaits, WaitsForStoresAndInvalidationsReachIt) {
  run("s_waitcnt_vscnt null, 0x3", 3);
  EXPECT_EQ(memory.left_stores, 3U);
  run("s_waitcnt_idle");
  EXPECT_EQ(memory.left_stores, 0U);
  for (const char* const text : {"buffer_gl0_inv", "buffer_gl1_inv", "s_gl1_inv", "s_dcache_inv"}) {
    run(text);
  }
  EXPECT_EQ(memory.dropped,
            (std::vector{CacheLevel::l0, CacheLevel::gl1, CacheLevel::gl1, CacheLevel::scalar}));
}

}  // namespace
}  // namespace rocmfix::sim::isa
