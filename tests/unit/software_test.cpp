// SPDX-License-Identifier: MIT
// The parts of the decision over HSA_OVERRIDE_GFX_VERSION; whole programs are in
// tests/run/test_program.py.
#include "rocmfix/software.hpp"

#include <gtest/gtest.h>

#include "machine/visible_gpus.hpp"
#include "policy/override_value.hpp"
#include "rocmfix/gpu.hpp"
#include "software/loader_cache.hpp"

namespace rocmfix {
namespace {

TEST(OverrideValue, IsReadAsTheThunkReadsIt) {
  EXPECT_EQ(target_of_override("10.3.0"), "gfx1030");
  EXPECT_EQ(target_of_override("9.0.10"), "gfx90a");
  EXPECT_EQ(target_of_override("11.0.0"), "gfx1100");
  EXPECT_EQ(target_of_override(" 10.3.0"), "gfx1030");
  EXPECT_EQ(target_of_override("10. 3.0"), "gfx1030");
  for (const char* const rejected : {"", "gfx1030", "1030", "10.3", "10.3.0 ", "10.3.0x",
                                     "10.3.0.0", "64.0.0", "10.256.0", "10.3.-1", "10,3,0"}) {
    EXPECT_EQ(target_of_override(rejected), std::nullopt) << rejected;
  }
}

TEST(OverrideValue, TheMajorOfATargetIsWhatPrecedesTwoDigits) {
  EXPECT_EQ(major_of_target("gfx1031"), 10U);
  EXPECT_EQ(major_of_target("gfx90a"), 9U);
  EXPECT_EQ(major_of_target("gfx10-3-generic"), 10U);
  EXPECT_EQ(major_of_target("gfx9-generic"), 9U);
  EXPECT_EQ(major_of_target("gfx"), std::nullopt);
  EXPECT_EQ(major_of_target("gfx10"), std::nullopt);
  EXPECT_EQ(major_of_target("sm_80"), std::nullopt);
}

Software known(std::vector<CarriedCode> libraries) {
  Software software;
  software.state = SoftwareState::known;
  software.libraries = std::move(libraries);
  return software;
}

TEST(Software, EveryLibraryForTheseCardsHasToCarryTheCode) {
  const Software software = known({{"libtorch_hip.so", {"gfx1030", "gfx1031"}, true},
                                   {"librocblas.so.4", {"gfx1030", "gfx1100"}, false},
                                   {"libhipblaslt.so.0", {"gfx942"}, false}});
  EXPECT_TRUE(software.carries("gfx1030"));
  EXPECT_FALSE(software.carries("gfx1031"));
  EXPECT_FALSE(software.lacks("gfx1031"));  // the program's own code is there
  EXPECT_TRUE(software.lacks("gfx1010"));
}

TEST(Software, WhatIsNotKnownNeitherCarriesNorLacks) {
  Software software = known({{"libtorch_hip.so", {"gfx1030"}, true}});
  software.state = SoftwareState::unknown;
  EXPECT_FALSE(software.carries("gfx1030"));
  EXPECT_FALSE(software.lacks("gfx1031"));
}

Gpu gpu(unsigned node, std::string gfx) {
  Gpu gpu;
  gpu.kfd_node = node;
  gpu.gfx = std::move(gfx);
  return gpu;
}

std::string seen(const Environment& environment) {
  // As found on the bus: not in the order of the nodes.
  std::vector<Gpu> gpus = {gpu(3, "c"), gpu(1, "a"), gpu(2, "b"), {}};
  std::string text;
  for (const Gpu& one : visible_gpus(gpus, environment)) {
    text += *one.gfx;
  }
  return text;
}

TEST(VisibleGpus, AreCountedInTheOrderOfTheNodes) {
  EXPECT_EQ(seen({}), "abc");
  EXPECT_EQ(seen({{"HIP_VISIBLE_DEVICES", "1"}}), "b");
  EXPECT_EQ(seen({{"ROCR_VISIBLE_DEVICES", "2,0"}}), "ca");
  EXPECT_EQ(seen({{"ROCR_VISIBLE_DEVICES", "2,0"}, {"HIP_VISIBLE_DEVICES", "1"}}), "a");
  EXPECT_EQ(seen({{"HIP_VISIBLE_DEVICES", "0"}, {"CUDA_VISIBLE_DEVICES", "2"}}), "a");
  EXPECT_EQ(seen({{"CUDA_VISIBLE_DEVICES", "2"}}), "c");
}

TEST(VisibleGpus, AListThatIsNotOfNumbersHidesNoGpu) {
  for (const char* const list : {"GPU-0badcafe", "1,GPU-0badcafe", "", "7", "-1", " 1"}) {
    EXPECT_EQ(seen({{"HIP_VISIBLE_DEVICES", list}}), "abc") << list;
  }
}

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    bytes += static_cast<char>(value >> (8 * i));
  }
  return bytes;
}

std::string cache_with(std::uint32_t count, std::uint32_t key, std::uint32_t value) {
  std::string bytes = "glibc-ld.so.cache1.1" + number(count);
  bytes.resize(48);
  bytes += number(0x0303) + number(key) + number(value);
  bytes.resize(72);
  return bytes + std::string("libhip.so.6\0/opt/lib/libhip.so.6\0", 33);
}

TEST(LoaderCache, FindsALibraryByItsSoname) {
  using detail::LoaderCache;
  const LoaderCache cache(cache_with(1, 72, 84));
  EXPECT_EQ(cache.find("libhip.so.6"), std::vector<std::string>{"/opt/lib/libhip.so.6"});
  EXPECT_TRUE(cache.find("libhip.so").empty());
  EXPECT_EQ(LoaderCache("ld.so-1.7.0 and what belongs to it" + cache_with(1, 72, 84))
                .find("libhip.so.6")
                .size(),
            1U);
}

TEST(LoaderCache, HasNothingInItWhenItIsNone) {
  using detail::LoaderCache;
  const std::string whole = cache_with(1, 72, 84);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto found = LoaderCache(whole.substr(0, length)).find("libhip.so.6");
    EXPECT_TRUE(found.empty() || found.front().empty()) << length;
  }
  EXPECT_EQ(LoaderCache(cache_with(0xffffffffU, 72, 84)).find("libhip.so.6").size(), 1U);
  EXPECT_TRUE(LoaderCache(cache_with(1, 0xffffffffU, 84)).find("libhip.so.6").empty());
  const auto astray = LoaderCache(cache_with(1, 72, 0xffffffffU)).find("libhip.so.6");
  EXPECT_EQ(astray, std::vector<std::string>{""});
}

}  // namespace
}  // namespace rocmfix
