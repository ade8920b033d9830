// SPDX-License-Identifier: MIT
// What the runtime's own kernels do, done by hand. A kernel here has the arguments that its version
// of ROCclr or ROCr gives it; one with other arguments is not recognised.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "gpu/code_object.hpp"

namespace rocmfix::sim {

/// The kernel arguments as the dispatch has them.
class Arguments {
 public:
  Arguments(std::vector<KernelArgument> layout, std::vector<char> bytes)
      : layout_(std::move(layout)), bytes_(std::move(bytes)) {}
  [[nodiscard]] std::size_t count() const { return layout_.size(); }
  /// Argument `i`, zero-extended; `word`: the index of its 64-bit word.
  [[nodiscard]] std::uint64_t number(std::size_t i, std::size_t word = 0) const {
    std::uint64_t value = 0;
    const KernelArgument& argument = layout_.at(i);
    const std::size_t size = std::min<std::size_t>(argument.size - word * 8, 8);
    std::memcpy(&value, bytes_.data() + argument.offset + word * 8, size);
    return value;
  }
  /// By name; nullopt: it has none of that name.
  [[nodiscard]] std::optional<std::uint64_t> named(std::string_view name) const {
    for (std::size_t i = 0; i < layout_.size(); ++i) {
      if (layout_[i].name == name) {
        return number(i);
      }
    }
    return std::nullopt;
  }

 private:
  std::vector<KernelArgument> layout_;
  std::vector<char> bytes_;
};

struct Effect {
  bool known = false;
  std::optional<MemoryFault> fault;
};

/// By name, for ROCclr's kernels.
Effect perform(Process& process, unsigned gpu, const KernelInfo& info, const Arguments& arguments);

/// ROCr's kernels have neither name nor metadata: `code` are the first twelve words of the program.
enum class RocrKernel { none, copy_aligned, copy_misaligned, fill };
RocrKernel recognise_rocr_kernel(const std::uint32_t* code);
Effect perform_rocr(Process& process, unsigned gpu, RocrKernel kernel, std::uint64_t kernarg);

}  // namespace rocmfix::sim
