// SPDX-License-Identifier: MIT
#include "gpu/message_pack.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace rocmfix::sim {
namespace {

unsigned depth_of(const std::string& bytes) {
  return message_pack_depth(bytes.data(), bytes.size());
}

unsigned depth_of(const nlohmann::json& value) {
  const auto bytes = nlohmann::json::to_msgpack(value);
  return message_pack_depth(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

TEST(MessagePack, DepthOfWhatCompilersWrite) {
  const nlohmann::json argument = {{".name", "x"}, {".offset", 0}, {".size", 8}};
  const nlohmann::json kernel = {{".symbol", "k.kd"}, {".args", {argument, argument}}};
  EXPECT_EQ(depth_of(nlohmann::json({{"amdhsa.kernels", {kernel}}, {"amdhsa.version", {1, 2}}})),
            5U);
}

TEST(MessagePack, DepthOfEveryTypeOfValue) {
  EXPECT_EQ(depth_of(nlohmann::json(7)), 0U);
  const auto around = [](const nlohmann::json& value) {
    // What follows the value is counted only if its length was understood.
    return depth_of(nlohmann::json::array({value, nlohmann::json::array({1})}));
  };
  for (const auto length : {0, 5, 31, 32, 255, 256, 65535, 65536}) {
    EXPECT_EQ(around(std::string(static_cast<std::size_t>(length), '\x91')), 2U) << length;
    const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length), 0x91);
    EXPECT_EQ(around(nlohmann::json::binary(bytes)), 2U) << length;
    EXPECT_EQ(around(nlohmann::json::binary(bytes, 3)), 2U) << length;
    EXPECT_EQ(around(std::vector<int>(static_cast<std::size_t>(length), 1)), 2U) << length;
  }
  for (const std::int64_t number : {0LL, 127LL, 128LL, 65535LL, 65536LL, 1LL << 40U, -1LL, -33LL,
                                    -129LL, -40000LL, -(1LL << 40U)}) {
    EXPECT_EQ(around(number), 2U) << number;
  }
  for (const std::size_t length : {1U, 2U, 4U, 8U, 16U}) {  // extensions of fixed length
    EXPECT_EQ(around(nlohmann::json::binary(std::vector<std::uint8_t>(length, 0x91), 3)), 2U);
  }
  EXPECT_EQ(around(1.5), 2U);
  EXPECT_EQ(around(nullptr), 2U);
  EXPECT_EQ(around(true), 2U);
  nlohmann::json large;
  for (int i = 0; i < 66000; ++i) {
    large[std::to_string(i)] = i;
  }
  EXPECT_EQ(around(large), 2U);
}

TEST(MessagePack, WhatIsNestedWithoutEndIsCountedWithoutRecursion) {
  constexpr std::size_t levels = 2'000'000;
  EXPECT_EQ(depth_of(std::string(levels, '\x91')), levels);
  EXPECT_EQ(depth_of(std::string("\x81\xa0\x81\xa0\x81\xa0", 6)), 3U);
}

TEST(MessagePack, WhatIsCutOffEnds) {
  EXPECT_EQ(depth_of(std::string()), 0U);
  for (int type = 0; type < 256; ++type) {
    const unsigned deep = depth_of(std::string(1, static_cast<char>(type)));
    EXPECT_LE(deep, 1U) << type;
    EXPECT_LE(depth_of(std::string{static_cast<char>(type), '\xff'}), 2U) << type;
  }
}

}  // namespace
}  // namespace rocmfix::sim
