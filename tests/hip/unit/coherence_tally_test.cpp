// SPDX-License-Identifier: MIT
#include "hip/coherence_tally.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

uint64_t counted(const CoherenceTally& tally, Reason reason) {
  uint64_t sum = 0;
  for (size_t i = 0; i < tally.size(); ++i) {
    sum += tally.at(i).reason == reason ? tally.at(i).count.load() : 0;
  }
  return sum;
}

TEST(CoherenceTally, FirstOfItsKind) {
  static CoherenceTally tally;
  EXPECT_TRUE(tally.add(Reason::communicator, "librccl.so.1"));
  EXPECT_FALSE(tally.add(Reason::communicator, "librccl.so.1"));
  EXPECT_TRUE(tally.add(Reason::communicator, "libmpi.so.40"));
  EXPECT_TRUE(tally.add(Reason::shared, "librccl.so.1"));
  ASSERT_EQ(tally.size(), 3U);
  EXPECT_EQ(tally.at(0).count, 2U);
  EXPECT_STREQ(tally.at(0).object.data(), "librccl.so.1");
  tally.clear();
  EXPECT_EQ(tally.size(), 0U);
  EXPECT_TRUE(tally.add(Reason::communicator, "librccl.so.1"));
  EXPECT_EQ(tally.at(0).count, 1U) << "counted from the beginning";
}

TEST(CoherenceTally, MoreObjectsThanEntriesAreStillCounted) {
  static CoherenceTally tally;
  for (int i = 0; i < 1000; ++i) {
    tally.add(Reason::communicator, "lib" + std::to_string(i) + ".so");
    tally.add(Reason::none, "lib" + std::to_string(i) + ".so");
  }
  EXPECT_EQ(counted(tally, Reason::communicator), 1000U);
  EXPECT_EQ(counted(tally, Reason::none), 1000U);
  EXPECT_LE(tally.size(), CoherenceTally::capacity);
  for (size_t reason = 0; reason < static_cast<size_t>(Reason::count); ++reason) {
    tally.add(static_cast<Reason>(reason), "another.so");
  }
  EXPECT_EQ(counted(tally, Reason::several_gpus), 1U) << "there is room for every reason";
}

TEST(CoherenceTally, LongNamesAreCut) {
  static CoherenceTally tally;
  const std::string name(200, 'x');
  EXPECT_TRUE(tally.add(Reason::communicator, name));
  EXPECT_FALSE(tally.add(Reason::communicator, name + "y"));
  EXPECT_EQ(std::string(tally.at(0).object.data()), name.substr(0, 63));
}

TEST(CoherenceTally, Threads) {
  static CoherenceTally tally;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 2000; ++i) {
        tally.add(Reason::communicator, "lib" + std::to_string((i + t) % 10) + ".so");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(tally.size(), 10U);
  EXPECT_EQ(counted(tally, Reason::communicator), 16'000U);
}

}  // namespace
}  // namespace rocmfix::hip
