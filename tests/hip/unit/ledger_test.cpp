// SPDX-License-Identifier: MIT
// The ledger against a std::map that does the same slowly.
#include "ledger/ledger.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

// A busy machine may keep a thread from its mutex for long.
constexpr uint32_t patience = 60'000;

Block block(uint64_t address, uint64_t size = 4096, Owner owner = Owner::hsa) {
  Block made;
  made.address = address;
  made.size = size;
  made.owner = owner;
  made.api = Api::hipMalloc;
  return made;
}

std::map<uint64_t, uint64_t> live_of(Ledger& ledger) {
  std::map<uint64_t, uint64_t> found;
  EXPECT_EQ(ledger.visit(
                &found,
                [](void* context, const Block& one) {
                  auto& all = *static_cast<std::map<uint64_t, uint64_t>*>(context);
                  EXPECT_TRUE(all.emplace(one.address, one.size).second) << "seen twice";
                },
                [](void*, const FreedBlock&) {}, patience),
            0U);
  return found;
}

std::vector<FreedBlock> freed_of(Ledger& ledger) {
  std::vector<FreedBlock> found;
  ledger.visit(
      &found, [](void*, const Block&) {},
      [](void* context, const FreedBlock& one) {
        static_cast<std::vector<FreedBlock>*>(context)->push_back(one);
      },
      patience);
  return found;
}

TEST(Ledger, FindsWhatWasInserted) {
  auto ledger = std::make_unique<Ledger>();
  Block found;
  EXPECT_FALSE(ledger->find(0x7000, &found));
  ASSERT_TRUE(ledger->insert(block(0x7000, 5)));
  ASSERT_TRUE(ledger->find(0x7000, &found));
  EXPECT_EQ(found.size, 5U);
  EXPECT_FALSE(ledger->find(0x7001, &found)) << "an address inside is not the block's address";
  EXPECT_EQ(ledger->live(), 1U);
}

TEST(Ledger, NullIsNotABlock) {
  auto ledger = std::make_unique<Ledger>();
  EXPECT_TRUE(ledger->insert(block(0)));
  EXPECT_EQ(ledger->live(), 0U);
  EXPECT_FALSE(ledger->erase(0, 1, 1, Api::hipFree));
  Block found;
  EXPECT_FALSE(ledger->find(0, &found));
}

TEST(Ledger, AddressThatIsUsedAgainIsOneBlock) {
  auto ledger = std::make_unique<Ledger>();
  ledger->insert(block(0x7000, 1, Owner::hip));
  ledger->insert(block(0x7000, 2, Owner::hip));
  EXPECT_EQ(live_of(*ledger), (std::map<uint64_t, uint64_t>{{0x7000, 2}}));
  EXPECT_EQ(ledger->live(), 1U);
}

// ROCr gives no address twice: the end of the first was not seen.
TEST(Ledger, AddressThatRocrGivesAgainIsOneBlock) {
  auto ledger = std::make_unique<Ledger>();
  ledger->insert(block(0x7000, 1));
  ledger->insert(block(0x7000, 2));
  EXPECT_EQ(live_of(*ledger), (std::map<uint64_t, uint64_t>{{0x7000, 2}}));
  EXPECT_EQ(ledger->live(), 1U);
}

// HIP locks the program's memory for a copy; two threads may copy from the same.
TEST(Ledger, MemoryThatIsLockedTwiceIsThereUntilItIsUnlockedTwice) {
  auto ledger = std::make_unique<Ledger>();
  Block locked = block(0x7000, 5);
  locked.place = Place::registered;
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(ledger->insert(locked));
    for (uint64_t other = 1; other <= 1000; ++other) {
      ledger->insert(block(other << 21U));
    }
  }
  EXPECT_EQ(ledger->live(), 1002U);
  Block found;
  EXPECT_TRUE(ledger->erase(0x7000, 1, 1, Api::hipFree));
  EXPECT_TRUE(ledger->find(0x7000, &found));
  EXPECT_TRUE(ledger->erase(0x7000, 2, 1, Api::hipFree));
  EXPECT_FALSE(ledger->find(0x7000, &found));
  EXPECT_EQ(ledger->live(), 1000U);
}

TEST(Ledger, FreedBlockIsRemembered) {
  auto ledger = std::make_unique<Ledger>();
  ledger->insert(block(0x7000, 77));
  Block erased;
  ASSERT_TRUE(ledger->erase(0x7000, 99, 5, Api::hipFree, &erased));
  EXPECT_EQ(erased.size, 77U);
  EXPECT_FALSE(ledger->erase(0x7000, 100, 5, Api::hipFree)) << "freed twice";
  const auto freed = freed_of(*ledger);
  ASSERT_EQ(freed.size(), 1U);
  EXPECT_EQ(freed[0].block.size, 77U);
  EXPECT_EQ(freed[0].time, 99U);
  EXPECT_EQ(freed[0].thread, 5U);
  EXPECT_EQ(freed[0].api, Api::hipFree);
}

TEST(Ledger, RemembersTheLastFreedOnes) {
  auto ledger = std::make_unique<Ledger>();
  constexpr uint64_t count = 100'000;
  for (uint64_t i = 1; i <= count; ++i) {
    ledger->insert(block(i << 12U));
    ledger->erase(i << 12U, i, 0, Api::hipFree);
  }
  std::map<uint64_t, int> times;
  for (const FreedBlock& freed : freed_of(*ledger)) {
    ++times[freed.time];
  }
  for (uint64_t i = count - Ledger::remembered + 1; i <= count; ++i) {
    EXPECT_EQ(times[i], 1) << i;
  }
}

// Runs of neighbours collide; erasing in the middle must not lose those behind.
TEST(Ledger, AgreesWithAMap) {
  auto ledger = std::make_unique<Ledger>();
  std::map<uint64_t, uint64_t> naive;
  std::mt19937_64 random(7);
  for (int step = 0; step < 400'000; ++step) {
    const uint64_t address = (1 + random() % 20'000) << (random() % 2 == 0 ? 12U : 21U);
    if (random() % 100 < 55) {
      // Of ROCr's blocks the end is seen, of the others not always.
      const bool is_new = naive.count(address) == 0;
      const Owner owner = is_new && random() % 2 == 0 ? Owner::hsa : Owner::hip;
      const Block made = block(address, static_cast<uint64_t>(step), owner);
      ASSERT_TRUE(is_new ? ledger->insert(made) : ledger->adopt(made));
      naive[address] = static_cast<uint64_t>(step);
    } else {
      EXPECT_EQ(ledger->erase(address, 1, 1, Api::hipFree), naive.erase(address) == 1);
    }
  }
  EXPECT_EQ(live_of(*ledger), naive);
  EXPECT_EQ(ledger->live(), naive.size());
}

TEST(Ledger, AdoptedBlockKeepsWhatRocrReported) {
  auto ledger = std::make_unique<Ledger>();
  Block of_rocr = block(0x7000, 8192);
  of_rocr.charged = 8192;
  of_rocr.place = Place::vram;
  of_rocr.made_noncoherent = true;
  of_rocr.device = 3;
  ledger->insert(of_rocr);
  Block of_hip = block(0x7000, 5000, Owner::hip);
  of_hip.place = Place::managed;
  of_hip.of_program = true;
  of_hip.flags = 9;
  ASSERT_TRUE(ledger->adopt(of_hip));
  Block found;
  ASSERT_TRUE(ledger->find(0x7000, &found));
  EXPECT_EQ(found.owner, Owner::hsa);
  EXPECT_EQ(found.place, Place::vram);
  EXPECT_EQ(found.charged, 8192U);
  EXPECT_EQ(found.device, 3);
  EXPECT_TRUE(found.made_noncoherent);
  EXPECT_TRUE(found.of_program);
  EXPECT_EQ(found.size, 5000U);
  EXPECT_EQ(found.flags, 9U);
}

TEST(Ledger, AdoptedBlockThatRocrDidNotReportIsInserted) {
  auto ledger = std::make_unique<Ledger>();
  ASSERT_TRUE(ledger->adopt(block(0x9000, 5, Owner::hip)));
  EXPECT_EQ(ledger->live(), 1U);
}

TEST(Ledger, ReleaseMarksWhatAPoolMayKeep) {
  auto ledger = std::make_unique<Ledger>();
  ledger->insert(block(0x7000));
  Block before;
  EXPECT_FALSE(ledger->release(0x7000, 42, 1, Api::hipFreeAsync, &before));
  Block found;
  ASSERT_TRUE(ledger->find(0x7000, &found)) << "ROCr has not freed it";
  EXPECT_EQ(found.released, 42U);
  ledger->adopt(block(0x7000, 10, Owner::hip));
  ASSERT_TRUE(ledger->find(0x7000, &found));
  EXPECT_EQ(found.released, 0U) << "the pool has given it out again";
}

TEST(Ledger, FailedFreeIsUndone) {
  auto ledger = std::make_unique<Ledger>();
  for (const Owner owner : {Owner::hip, Owner::hsa}) {
    const uint64_t address = owner == Owner::hip ? 0x7000 : 0x8000;
    ledger->insert(block(address, 5, owner));
    Block before;
    EXPECT_EQ(ledger->release(address, 42, 1, Api::hipFree, &before), owner == Owner::hip);
    ledger->restore(before);
    Block found;
    ASSERT_TRUE(ledger->find(address, &found));
    EXPECT_EQ(found.released, 0U);
  }
  EXPECT_TRUE(freed_of(*ledger).empty());
  EXPECT_EQ(ledger->live(), 2U);
}

TEST(Ledger, ForgetsEverything) {
  auto ledger = std::make_unique<Ledger>();
  for (uint64_t i = 1; i < 5000; ++i) {
    ledger->insert(block(i << 12U));
  }
  ledger->erase(1 << 12U, 1, 1, Api::hipFree);
  ledger->clear();
  EXPECT_EQ(ledger->live(), 0U);
  EXPECT_TRUE(live_of(*ledger).empty());
  EXPECT_TRUE(freed_of(*ledger).empty());
}

TEST(Ledger, ManyThreads) {
  auto ledger = std::make_unique<Ledger>();
  constexpr int threads = 8;
  constexpr uint64_t each = 20'000;
  std::vector<std::thread> running;
  for (uint64_t t = 0; t < threads; ++t) {
    running.emplace_back([&ledger, t] {
      for (uint64_t i = 0; i < each; ++i) {
        const uint64_t address = (1 + t * each + i) << 12U;
        ledger->insert(block(address, i));
        if (i % 2 == 0) {
          EXPECT_TRUE(ledger->erase(address, i, 1, Api::hipFree));
        }
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    live_of(*ledger);
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  EXPECT_EQ(ledger->live(), threads * each / 2);
  EXPECT_EQ(live_of(*ledger).size(), threads * each / 2);
}

// Blocks are freed by other threads than those that allocated them.
TEST(Ledger, FreedByAnotherThread) {
  auto ledger = std::make_unique<Ledger>();
  constexpr uint64_t each = 200'000;
  constexpr uint64_t pairs = 3;
  std::array<std::atomic<uint64_t>, pairs> inserted{};
  std::atomic<uint64_t> missed{0};
  std::vector<std::thread> running;
  for (uint64_t pair = 0; pair < pairs; ++pair) {
    const auto address = [pair](uint64_t i) { return (1 + pair * each + i) << 12U; };
    running.emplace_back([&, pair, address] {
      for (uint64_t i = 0; i < each; ++i) {
        ledger->insert(block(address(i), i));
        inserted[pair].store(i + 1, std::memory_order_release);
      }
    });
    running.emplace_back([&, pair, address] {
      for (uint64_t i = 0; i < each; ++i) {
        while (inserted[pair].load(std::memory_order_acquire) <= i) {
          std::this_thread::yield();
        }
        if (!ledger->erase(address(i), i, 1, Api::hipFree)) {
          ++missed;
        }
      }
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  EXPECT_EQ(missed, 0U);
  EXPECT_EQ(ledger->live(), 0U);
  EXPECT_TRUE(live_of(*ledger).empty());
}

TEST(Ledger, FreedByTheMainThread) {
  auto ledger = std::make_unique<Ledger>();
  constexpr uint64_t threads = 48;
  constexpr uint64_t each = 5;
  for (uint64_t t = 0; t < threads; ++t) {
    std::thread([&ledger, t] {
      for (uint64_t i = 0; i < each; ++i) {
        ledger->insert(block((1 + t * each + i) << 12U, i));
      }
    }).join();
  }
  EXPECT_EQ(live_of(*ledger).size(), threads * each);
  for (uint64_t i = 1; i <= threads * each; ++i) {
    Block found;
    EXPECT_TRUE(ledger->find(i << 12U, &found));
    EXPECT_TRUE(ledger->erase(i << 12U, 1, 1, Api::hipFree));
    EXPECT_FALSE(ledger->find(i << 12U, &found));
  }
  EXPECT_EQ(ledger->live(), 0U);
  EXPECT_EQ(freed_of(*ledger).size(), threads * each);
}

// A fault is often about memory that another thread is just freeing.
TEST(Ledger, BlockThatIsBeingFreedIsSeenOnce) {
  auto ledger = std::make_unique<Ledger>();
  constexpr uint64_t count = Ledger::remembered;
  for (int round = 0; round < 50; ++round) {
    ledger->clear();
    for (uint64_t i = 1; i <= count; ++i) {
      ledger->insert(block(i << 12U));
    }
    std::thread freeing([&ledger] {
      for (uint64_t i = 1; i <= count; ++i) {
        ledger->erase(i << 12U, 1, 1, Api::hipFree);
      }
    });
    std::map<uint64_t, int> seen;
    EXPECT_EQ(ledger->visit(
                  &seen,
                  [](void* context, const Block& live) {
                    ++(*static_cast<std::map<uint64_t, int>*>(context))[live.address];
                  },
                  [](void* context, const FreedBlock& freed) {
                    ++(*static_cast<std::map<uint64_t, int>*>(context))[freed.block.address];
                  },
                  patience),
              0U);
    freeing.join();
    ASSERT_EQ(seen.size(), count);
    for (const auto& [address, times] : seen) {
      ASSERT_EQ(times, 1) << address;
    }
  }
}

// A part whose mutex is never given back must cost its blocks, not the whole document.
TEST(Ledger, VisitDoesNotWaitForever) {
  struct Seen {
    Ledger& ledger;
    size_t unread;
    std::vector<uint64_t> addresses;
  };
  auto ledger = std::make_unique<Ledger>();
  Seen seen{*ledger, 0, {}};
  ledger->insert(block(0x7000));
  ledger->insert(block(0x8000, 5, Owner::hip));
  static_assert(Ledger::shard_number(0x7000) != Ledger::shard_number(0x8000));
  // The mutex of the first block's shard is held while this examines it.
  ledger->visit(
      &seen,
      [](void* context, const Block& held) {
        auto& within = *static_cast<Seen*>(context);
        if (held.address != 0x7000) {
          return;
        }
        std::thread([&within] {
          within.unread = within.ledger.visit(
              &within,
              [](void* inner, const Block& one) {
                static_cast<Seen*>(inner)->addresses.push_back(one.address);
              },
              [](void*, const FreedBlock&) {}, 1);
        }).join();
      },
      [](void*, const FreedBlock&) {}, patience);
  EXPECT_GT(seen.unread, 0U);
  EXPECT_EQ(seen.addresses, std::vector<uint64_t>{0x8000});
}

// What cannot be recorded is reported, and nothing of what was recorded is lost.
TEST(Ledger, WithoutMemoryNothingIsLost) {
  auto ledger = std::make_unique<Ledger>();
  uint64_t count = 0;
  for (; count < 100; ++count) {
    ASSERT_TRUE(ledger->insert(block((count + 1) << 12U, count)));
  }
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    if (setrlimit(RLIMIT_AS, &none) != 0) {
      _exit(2);
    }
    while (ledger->insert(block((count + 1) << 12U, count))) {
      ++count;
    }
    const bool refused_twice = !ledger->insert(block((count + 1) << 12U));
    bool all = count > 100 && ledger->live() == count;
    for (uint64_t i = 0; i < count; ++i) {
      Block found;
      all = all && ledger->find((i + 1) << 12U, &found) && found.size == i;
    }
    Block found;
    _exit(refused_twice && all && !ledger->find((count + 1) << 12U, &found) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Its memory is bounded, whatever a program does.
TEST(Ledger, TooManyBlocksAreRefused) {
  auto ledger = std::make_unique<Ledger>();
  uint64_t address = 0;
  const auto next = [&address] {
    do {
      address += 4096;
    } while (Ledger::shard_number(address) != 0);
    return address;
  };
  const uint64_t first = next();
  ASSERT_TRUE(ledger->insert(block(first)));
  for (size_t i = 1; i < Ledger::most_in_shard; ++i) {
    ASSERT_TRUE(ledger->insert(block(next())));
  }
  EXPECT_FALSE(ledger->insert(block(next())));
  EXPECT_EQ(ledger->live(), Ledger::most_in_shard);
  Block found;
  EXPECT_FALSE(ledger->find(address, &found));
  EXPECT_TRUE(ledger->insert(block(first, 5))) << "what replaces another takes no more";
  EXPECT_EQ(ledger->live(), Ledger::most_in_shard);
  EXPECT_TRUE(ledger->insert(block(0x8000))) << "another shard has room";
}

}  // namespace
}  // namespace rocmfix::hip
