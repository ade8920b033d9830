// SPDX-License-Identifier: MIT
// Operations between lanes: from which lane of the wave each gets its value, by AMD's manual of the
// RDNA instruction set. DPP's row_share and row_xmask, DPP8 and permlane are RDNA's own.
#include <array>
#include <functional>
#include <optional>

#include "selftest/gpu.hpp"
#include "selftest/verdict.hpp"

namespace rocmfix::selftest {

namespace {

constexpr unsigned groups = 8;
constexpr std::uint32_t threads = groups * group_size;

constexpr std::uint32_t row(std::uint32_t lane) {
  return lane & ~15U;
}

/// The lane that the operation reads from; nullopt: outside of the row, which gives 0.
std::optional<std::uint32_t> source(std::uint32_t operation, std::uint32_t lane) {
  switch (operation) {
    case lane_swizzle_xor:
    case lane_dpp_quad:  // [1, 0, 3, 2]
      return lane ^ 1U;
    case lane_swizzle_broadcast:
      return 5;
    case lane_swizzle_quad:
      return lane ^ 3U;
    case lane_bpermute:
      return (lane * 7 + 3) % wave_size;
    case lane_permute:  // the inverse of 5 * lane + 1
      return (lane + wave_size - 1) * 13 % wave_size;
    case lane_dpp_row_shift:
      return lane % 16 == 0 ? std::nullopt : std::optional(lane - 1);
    case lane_dpp_row_rotate:
      return row(lane) + (lane + 13) % 16;
    case lane_dpp_row_mirror:
    case lane_permlane16:
      return row(lane) + 15 - lane % 16;
    case lane_dpp_half_mirror:
    case lane_dpp8:
      return (lane & ~7U) + 7 - lane % 8;
    case lane_dpp_row_share:
      return row(lane) + 5;
    case lane_dpp_row_xor:
      return lane ^ 6U;
    case lane_permlanex16:
      return (row(lane) ^ 16U) + 15 - lane % 16;
    case lane_read_first:
      return 0;
    default:  // lane_read
      return 9;
  }
}

std::uint32_t expected(std::uint32_t operation, const std::uint32_t* wave, std::uint32_t lane) {
  if (operation == lane_ballot) {
    std::uint32_t odd = 0;
    for (std::uint32_t i = 0; i < wave_size; ++i) {
      odd |= (wave[i] & 1U) << i;
    }
    return odd;
  }
  const auto from = source(operation, lane);
  return from ? wave[*from] : 0;
}

constexpr std::array<const char*, lane_count> names = {"ds_swizzle, xor",
                                                       "ds_swizzle, broadcast",
                                                       "ds_swizzle, quad",
                                                       "ds_bpermute",
                                                       "ds_permute",
                                                       "DPP quad_perm",
                                                       "DPP row_shr",
                                                       "DPP row_ror",
                                                       "DPP row_mirror",
                                                       "DPP row_half_mirror",
                                                       "DPP row_share",
                                                       "DPP row_xmask",
                                                       "DPP8",
                                                       "v_permlane16",
                                                       "v_permlanex16",
                                                       "v_readfirstlane",
                                                       "v_readlane",
                                                       "a mask of lanes"};

}  // namespace

void test_lanes(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Vram<std::uint32_t> in(threads);
  Vram<std::uint32_t> out(std::size_t{threads} * lane_count);
  std::vector<std::uint32_t> values(threads);
  std::vector<std::uint32_t> wanted(threads);
  Passes passes(task);
  while (passes.next()) {
    for (std::uint32_t i = 0; i < threads; ++i) {
      values[i] = word_of(pattern_random, passes.seed(), i);
    }
    in.write(values);
    gpu.launch("selftest_lanes", groups, nullptr, static_cast<const std::uint32_t*>(in.at()),
               out.at());
    gpu.wait();
    const std::vector<std::uint32_t> seen = out.read();
    for (std::uint32_t operation = 0; operation < lane_count; ++operation) {
      for (std::uint32_t i = 0; i < threads; ++i) {
        wanted[i] =
            expected(operation, &values[std::size_t{i} / wave_size * wave_size], i % wave_size);
      }
      compare<std::uint32_t>(std::span(seen).subspan(std::size_t{operation} * threads, threads),
                             wanted, names.at(operation));
    }
  }
  passes.finish_right("operations between lanes");
}

}  // namespace rocmfix::selftest
