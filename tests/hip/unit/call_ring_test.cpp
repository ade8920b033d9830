// SPDX-License-Identifier: MIT
#include "ledger/call_ring.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

Call call(uint64_t number) {
  // Every field says the same, so that a mixture of two is seen.
  return {.time = number,
          .address = number,
          .size = number,
          .thread = static_cast<uint32_t>(number),
          .result = static_cast<int32_t>(number),
          .api = Api::hipMalloc};
}

TEST(CallRing, NewestFirst) {
  auto ring = std::make_unique<CallRing>();
  std::vector<Call> read(CallRing::capacity);
  EXPECT_EQ(ring->read(read.data(), read.size()), 0U);
  for (uint64_t i = 1; i <= 3; ++i) {
    ring->add(call(i));
  }
  ASSERT_EQ(ring->read(read.data(), 2), 2U);
  EXPECT_EQ(read[0].time, 3U);
  EXPECT_EQ(read[1].time, 2U);
  EXPECT_EQ(read[0].api, Api::hipMalloc);
}

TEST(CallRing, NegativeResultsSurvive) {
  auto ring = std::make_unique<CallRing>();
  Call failed = call(1);
  failed.result = -7;
  ring->add(failed);
  Call read;
  ASSERT_EQ(ring->read(&read, 1), 1U);
  EXPECT_EQ(read.result, -7);
}

TEST(CallRing, OldOnesAreOverwritten) {
  auto ring = std::make_unique<CallRing>();
  for (uint64_t i = 0; i < 3 * CallRing::capacity; ++i) {
    ring->add(call(i));
  }
  std::vector<Call> read(2 * CallRing::capacity);
  ASSERT_EQ(ring->read(read.data(), read.size()), CallRing::capacity);
  EXPECT_EQ(read.front().time, 3 * CallRing::capacity - 1);
  EXPECT_EQ(read[CallRing::capacity - 1].time, 2 * CallRing::capacity);
}

TEST(CallRing, ReadWhileWrittenIsNeverMixed) {
  auto ring = std::make_unique<CallRing>();
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (uint64_t t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (uint64_t i = 0; !stop; ++i) {
        ring->add(call(i * 4 + t));
      }
    });
  }
  std::vector<Call> read(CallRing::capacity);
  for (int i = 0; i < 3000; ++i) {
    const size_t count = ring->read(read.data(), read.size());
    for (size_t k = 0; k < count; ++k) {
      ASSERT_EQ(read[k].address, read[k].time);
      ASSERT_EQ(read[k].size, read[k].time);
      ASSERT_EQ(read[k].thread, static_cast<uint32_t>(read[k].time));
    }
  }
  stop = true;
  for (std::thread& writer : writers) {
    writer.join();
  }
}

}  // namespace
}  // namespace rocmfix::hip
