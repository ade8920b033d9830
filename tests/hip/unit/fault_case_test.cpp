// SPDX-License-Identifier: MIT
// The nine cases: in a live block; 1 byte, 4 KiB, 1 MiB past one; before one; freed just now; freed
// long ago; never mapped; nil. And what may be mistaken for another.
#include "ledger/fault_case.hpp"

#include <gtest/gtest.h>

namespace rocmfix::hip {
namespace {

constexpr uint64_t start = 0x7f0000400000;
constexpr uint64_t size = 3 << 20;
constexpr uint64_t end = start + size;
constexpr uint64_t now = 1'000'000'000'000;

Block live(uint64_t address = start, uint64_t bytes = size) {
  Block made;
  made.address = address;
  made.size = bytes;
  return made;
}

FreedBlock freed(uint64_t ago, uint64_t address = start, uint64_t bytes = size) {
  return {live(address, bytes), now - ago, 1, Api::hipFree};
}

FaultCase of_live(uint64_t address) {
  Neighbourhood around(address);
  around.see(live());
  return around.classify(now);
}

TEST(FaultCase, InsideALiveBlock) {
  EXPECT_EQ(of_live(start), FaultCase::inside);
  EXPECT_EQ(of_live(start + 1), FaultCase::inside);
  EXPECT_EQ(of_live(end - 1), FaultCase::inside);
}

TEST(FaultCase, PastTheEnd) {
  for (const uint64_t past : {0ULL, 1ULL, 4096ULL, 1ULL << 20U}) {
    Neighbourhood around(end + past);
    around.see(live());
    EXPECT_EQ(around.classify(now), FaultCase::past_end) << past;
    EXPECT_EQ(around.past_end(), past);
  }
  EXPECT_EQ(of_live(end + near - 1), FaultCase::past_end);
  EXPECT_EQ(of_live(end + near), FaultCase::never_mapped);
}

TEST(FaultCase, BeforeTheStart) {
  Neighbourhood around(start - 4096);
  around.see(live());
  EXPECT_EQ(around.classify(now), FaultCase::before_start);
  EXPECT_EQ(around.before_start(), 4096U);
  EXPECT_EQ(of_live(start - 1), FaultCase::before_start);
  EXPECT_EQ(of_live(start - near), FaultCase::before_start);
  EXPECT_EQ(of_live(start - near - 1), FaultCase::never_mapped);
}

TEST(FaultCase, Freed) {
  Neighbourhood just_now(start + 100);
  just_now.see(freed(recently - 1));
  EXPECT_EQ(just_now.classify(now), FaultCase::freed_recently);
  Neighbourhood long_ago(start + 100);
  long_ago.see(freed(recently));
  EXPECT_EQ(long_ago.classify(now), FaultCase::freed_long_ago);
}

TEST(FaultCase, FreedMoreThanOnceIsTheLastTime) {
  Neighbourhood around(start + 100);
  around.see(freed(10));
  around.see(freed(5 * recently));
  EXPECT_EQ(around.classify(now), FaultCase::freed_recently);
  EXPECT_EQ(around.freed().time, now - 10);
}

TEST(FaultCase, FreedAndUsedAgainIsLive) {
  Neighbourhood around(start + 100);
  around.see(freed(10));
  around.see(live());
  EXPECT_EQ(around.classify(now), FaultCase::inside);
}

TEST(FaultCase, FreedBlockBehindALiveOneIsReported) {
  Neighbourhood around(end);
  around.see(live());
  around.see(freed(10, end, 4096));
  EXPECT_EQ(around.classify(now), FaultCase::freed_recently);
  EXPECT_EQ(around.below().address, start) << "the live neighbour is still reported";
}

TEST(FaultCase, KeptByAPoolIsFreed) {
  Block kept = live();
  kept.released = now - 5;
  Neighbourhood around(start + 100);
  around.see(kept);
  EXPECT_EQ(around.classify(now), FaultCase::freed_recently);
  EXPECT_EQ(around.live_seen(), 0U);
}

TEST(FaultCase, NeverMapped) {
  EXPECT_EQ(of_live(0x123456789000), FaultCase::never_mapped);
  Neighbourhood empty(start);
  EXPECT_EQ(empty.classify(now), FaultCase::never_mapped);
}

TEST(FaultCase, Nil) {
  EXPECT_EQ(of_live(0), FaultCase::nil);
  EXPECT_EQ(of_live(0x1000), FaultCase::nil);
  EXPECT_EQ(of_live(nil_end - 1), FaultCase::nil);
  EXPECT_EQ(of_live(nil_end), FaultCase::never_mapped);
}

TEST(FaultCase, NearerNeighbourIsReported) {
  Neighbourhood around(end + 4096);
  around.see(live());
  around.see(live(end + 3 * 4096));
  EXPECT_EQ(around.classify(now), FaultCase::past_end);
  Neighbourhood other(end + 2 * 4096 + 1);
  other.see(live());
  other.see(live(end + 3 * 4096));
  EXPECT_EQ(other.classify(now), FaultCase::before_start);
}

// The hardware reports the page: a block that begins in the middle of it may have been meant.
TEST(FaultCase, PageAddressMeansThePage) {
  Neighbourhood around(start);
  around.see(live(start + 256, 512));
  EXPECT_EQ(around.classify(now), FaultCase::inside);
  Neighbourhood exact(start + 8);
  exact.see(live(start + 256, 512));
  EXPECT_EQ(exact.classify(now), FaultCase::before_start);
}

TEST(FaultCase, PartOfAPoolIsNamedRatherThanThePool) {
  Neighbourhood around(start + 4096);
  around.see(live(start, size));
  around.see(live(start + 4096, 256));
  EXPECT_EQ(around.inside().size, 256U);
}

}  // namespace
}  // namespace rocmfix::hip
