// SPDX-License-Identifier: MIT
#include "software/zstd_frame.hpp"

#include <array>

namespace rocmfix::detail {
namespace {

constexpr std::uint32_t magic = 0xfd2fb528U;
constexpr std::uint64_t block_header_size = 3;
constexpr std::uint64_t most_block_size = 128U << 10U;

// The size of the frame's header, and whether a checksum follows the last block.
struct FrameHeader {
  std::uint64_t size = 0;
  bool checksum = false;
};

FrameHeader parse_frame_header(std::uint8_t descriptor) {
  const bool single_segment = (descriptor & 0x20U) != 0;
  constexpr std::array<std::uint64_t, 4> dictionary_id_sizes = {0, 1, 2, 4};
  constexpr std::array<std::uint64_t, 4> content_size_sizes = {0, 2, 4, 8};
  std::uint64_t size = 4 + 1 + dictionary_id_sizes[descriptor & 3U];
  size += single_segment ? 0 : 1;  // the window descriptor
  const unsigned content_size = descriptor >> 6U;
  size += content_size == 0 && single_segment ? 1 : content_size_sizes[content_size];
  return {size, (descriptor & 4U) != 0};
}

}  // namespace

Result<std::uint64_t> find_zstd_frame_end(const RegularFile& file, std::uint64_t begin,
                                          std::uint64_t end, std::uint64_t& blocks_left) {
  const Error broken = file.malformed("a compressed bundle without a whole zstd frame");
  if (end - begin < 5) {
    return fail(broken);
  }
  const auto head = file.read(begin, 5);
  if (!head) {
    return fail(head.error());
  }
  if (read_u32(*head, 0) != magic) {
    return fail(broken);
  }
  const FrameHeader header = parse_frame_header(static_cast<std::uint8_t>((*head)[4]));
  std::uint64_t at = begin + header.size;
  for (; blocks_left > 0; --blocks_left) {
    if (at > end || end - at < block_header_size) {
      return fail(broken);
    }
    auto block = file.read(at, block_header_size);
    if (!block) {
      return fail(block.error());
    }
    *block += '\0';
    const std::uint32_t bits = read_u32(*block, 0);
    const unsigned type = (bits >> 1U) & 3U;
    const std::uint64_t size = bits >> 3U;
    if (type == 3 || size > most_block_size) {
      return fail(broken);
    }
    at += block_header_size + (type == 1 ? 1 : size);  // type 1: one byte, repeated
    if ((bits & 1U) != 0) {
      at += header.checksum ? 4 : 0;
      return at <= end ? Result<std::uint64_t>(at) : fail(broken);
    }
  }
  return fail(broken);
}

}  // namespace rocmfix::detail
