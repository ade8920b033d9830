// SPDX-License-Identifier: MIT
// Sources: rocclr/device/blitcl.cpp of 5.2.3, 5.7.1 and 6.x, opencl/src/misc/amdblit.cl of
// ROCm-Device-Libs 5.2.3, core/inc/amd_blit_kernel.h and amd_gpu_shaders.h of ROCr 5.2.3 and 6.1.2.
#include "gpu/kernel_effect.hpp"

#include <algorithm>
#include <array>

#include "control/faults.hpp"

namespace rocmfix::sim {

namespace {

struct Context {
  Process& process;
  unsigned gpu;

  [[nodiscard]] std::optional<MemoryFault> copy(std::uint64_t to, std::uint64_t from,
                                                std::uint64_t size) const {
    const auto asked = process.faults().before_access(gpu, to, from);
    return asked ? asked : process.memory.copy(gpu, to, from, size);
  }
  [[nodiscard]] std::optional<MemoryFault> fill(std::uint64_t to, std::uint64_t pattern,
                                                std::uint64_t pattern_size,
                                                std::uint64_t size) const {
    constexpr std::uint64_t longest_pattern = 4096;
    if (pattern_size == 0 || pattern_size > longest_pattern) {
      return MemoryFault{pattern};
    }
    std::vector<char> bytes(pattern_size);
    if (const auto bad = process.memory.read(gpu, pattern, bytes.data(), bytes.size())) {
      return bad;
    }
    const auto asked = process.faults().before_access(gpu, to, to);
    return asked ? asked : process.memory.fill(gpu, to, bytes.data(), bytes.size(), size);
  }
};

// (bufUChar, bufUShort, bufUInt, bufULong, pattern, patternSize, offset, size): one of the four
// buffers is given, and its type is the unit of offset and patternSize.
Effect fill_buffer_typed(const Context& context, const Arguments& a, bool is_2d) {
  std::size_t which = 0;
  while (which < 3 && a.number(which) == 0) {
    ++which;
  }
  const std::uint64_t unit = 1ULL << which;
  const std::uint64_t pattern = a.number(5) * unit;
  const std::uint64_t to = a.number(which) + a.number(6) * unit;
  if (!is_2d) {
    return {true, context.fill(to, a.number(4), pattern, a.number(7) * pattern)};
  }
  // (..., offset, width, height, pitch), in units; a pattern is one unit wide here.
  const std::uint64_t width = a.number(7) * unit;
  for (std::uint64_t y = 0; y < a.number(8); ++y) {
    if (const auto bad = context.fill(to + y * a.number(9) * unit, a.number(4), pattern, width)) {
      return {true, bad};
    }
  }
  return {true, std::nullopt};
}

// (buf, pattern, pattern_size, alignment, end_ptr, next_chunk)
Effect fill_buffer_untyped(const Context& context, const Arguments& a) {
  const std::uint64_t to = a.number(0);
  const std::uint64_t end = a.number(4);
  return {true, context.fill(to, a.number(1), a.number(2) * a.number(3), end > to ? end - to : 0)};
}

// 5.x: (src, dst, srcOrigin, dstOrigin, size, remain): `size` words, of which the last has `remain`
// bytes; remain 8 means that they are bytes.
Effect copy_buffer_5(const Context& context, const Arguments& a) {
  const std::uint64_t size = a.number(4);
  const std::uint64_t remain = a.number(5);
  const std::uint64_t bytes = remain == 8 || size == 0 ? size : (size - 1) * 4 + remain;
  return {true, context.copy(a.number(1) + a.number(3), a.number(0) + a.number(2), bytes)};
}

// 5.x: (src, dst, srcOrigin, dstOrigin, size, alignment), in units of 16 or 4 bytes.
Effect copy_buffer_aligned(const Context& context, const Arguments& a) {
  const std::uint64_t unit = a.number(5) == 16 ? 16 : 4;
  return {true, context.copy(a.number(1) + a.number(3) * unit, a.number(0) + a.number(2) * unit,
                             a.number(4) * unit)};
}

// 6.x: (src, dst, size, remainder, aligned_size, end_ptr, next_chunk): size is bytes.
Effect copy_buffer_6(const Context& context, const Arguments& a) {
  return {true, context.copy(a.number(1), a.number(0), a.number(2))};
}

// (src, dst, srcRect, dstRect, size): rect = row pitch, slice pitch, start; all in `unit`.
Effect copy_rect(const Context& context, const Arguments& a, bool aligned) {
  const std::uint64_t unit = !aligned ? 1 : a.number(4, 3) == 16 ? 16 : 4;
  for (std::uint64_t z = 0; z < a.number(4, 2); ++z) {
    for (std::uint64_t y = 0; y < a.number(4, 1); ++y) {
      const auto place = [&](std::size_t rect) {
        return (a.number(rect, 2) + y * a.number(rect, 0) + z * a.number(rect, 1)) * unit;
      };
      if (const auto bad =
              context.copy(a.number(1) + place(3), a.number(0) + place(2), a.number(4, 0) * unit)) {
        return {true, bad};
      }
    }
  }
  return {true, std::nullopt};
}

// (ptrInt, ptrUlong, value[, sizeBytes])
Effect stream_write(const Context& context, const Arguments& a) {
  const std::uint64_t value = a.number(2);
  const bool is_word = a.number(0) != 0;
  return {true, context.process.memory.write(context.gpu, a.number(is_word ? 0 : 1), &value,
                                             is_word ? 4 : 8)};
}

}  // namespace

Effect perform(Process& process, unsigned gpu, const KernelInfo& info, const Arguments& arguments) {
  const Context context{process, gpu};
  const std::string_view name = info.name;
  const std::size_t count = arguments.count();
  if (name == "__amd_rocclr_fillBufferAligned") {
    if (count == 8) {
      return fill_buffer_typed(context, arguments, false);
    }
    return count == 6 ? fill_buffer_untyped(context, arguments) : Effect{};
  }
  if (name == "__amd_rocclr_fillBufferAligned2D" && count == 10) {
    return fill_buffer_typed(context, arguments, true);
  }
  if (name == "__amd_rocclr_copyBuffer") {
    if (count == 6) {
      return copy_buffer_5(context, arguments);
    }
    return count == 7 ? copy_buffer_6(context, arguments) : Effect{};
  }
  if (name == "__amd_rocclr_copyBufferAligned" && count == 6) {
    return copy_buffer_aligned(context, arguments);
  }
  if (name == "__amd_rocclr_copyBufferRect" && count == 5) {
    return copy_rect(context, arguments, false);
  }
  if (name == "__amd_rocclr_copyBufferRectAligned" && count == 5) {
    return copy_rect(context, arguments, true);
  }
  if (name == "__amd_rocclr_streamOpsWrite" && (count == 3 || count == 4)) {
    return stream_write(context, arguments);
  }
  // Readies the heap of device-side malloc(), which no kernel here will use.
  if (name == "__amd_rocclr_initHeap" || name == "__amd_rocclr_gwsInit") {
    return {true, std::nullopt};
  }
  return {};
}

RocrKernel recognise_rocr_kernel(const std::uint32_t* code) {
  constexpr std::array<std::uint32_t, 12> copy_aligned = {
      0xF4080100, 0xFA000000, 0xF4080200, 0xFA000010, 0xF4080300, 0xFA000020,
      0xF4080400, 0xFA000030, 0xF4080500, 0xFA000040, 0xF4000600, 0xFA000050};
  constexpr std::array<std::uint32_t, 12> copy_misaligned = {
      0xF4080100, 0xFA000000, 0xF4080200, 0xFA000010, 0xF4080300, 0xFA000020,
      0xF4000400, 0xFA000030, 0xBF8CC07F, 0x8F028602, 0xD70F6A00, 0x00020002};
  constexpr std::array<std::uint32_t, 12> fill = {0xF4080100, 0xFA000000, 0xF4080200, 0xFA000010,
                                                  0xBF8CC07F, 0x8F028602, 0xD70F6A00, 0x00020002,
                                                  0x7E08020A, 0x7E0A020A, 0x7E0C020A, 0x7E0E020A};
  const auto is = [code](const auto& known) {
    return std::equal(known.begin(), known.end(), code);
  };
  return is(copy_aligned)      ? RocrKernel::copy_aligned
         : is(copy_misaligned) ? RocrKernel::copy_misaligned
         : is(fill)            ? RocrKernel::fill
                               : RocrKernel::none;
}

Effect perform_rocr(Process& process, unsigned gpu, RocrKernel kernel, std::uint64_t kernarg) {
  const Context context{process, gpu};
  std::array<std::uint64_t, 10> words{};
  const std::size_t count = kernel == RocrKernel::copy_aligned      ? 10
                            : kernel == RocrKernel::copy_misaligned ? 6
                                                                    : 4;
  if (const auto bad = process.memory.read(gpu, kernarg, words.data(), count * 8)) {
    return {true, bad};
  }
  if (kernel == RocrKernel::fill) {  // phase 1 and 2 begin, phase 2 ends, then the value
    return {true, context.fill(words[0], kernarg + 24, 4, words[2] - words[0])};
  }
  // Source and destination of every phase, then where the last one ends.
  return {true, context.copy(words[1], words[0], words.at(count - 2) - words[0])};
}

}  // namespace rocmfix::sim
