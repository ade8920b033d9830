// SPDX-License-Identifier: MIT
#include "machine/visible_gpus.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace rocmfix {

namespace {

/// The GPUs that "0,2" leaves; nullopt for a list with anything but numbers, such as "GPU-<uuid>".
/// An empty list leaves none, and a number that is too high ends it, as the runtime has it.
std::optional<std::vector<Gpu>> chosen(const std::vector<Gpu>& gpus, std::string_view list) {
  std::vector<Gpu> left;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    unsigned index = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    if (error != std::errc{} || end != word.data() + word.size()) {
      return std::nullopt;
    }
    if (index >= gpus.size()) {
      break;
    }
    left.push_back(gpus[index]);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return left;
}

}  // namespace

std::vector<Gpu> visible_gpus(const std::vector<Gpu>& gpus, const Environment& environment) {
  std::vector<Gpu> seen;
  std::copy_if(gpus.begin(), gpus.end(), std::back_inserter(seen),
               [](const Gpu& gpu) { return gpu.kfd_node.has_value(); });
  if (seen.empty()) {
    return gpus;
  }
  // ROCr counts in the order of the nodes.
  std::sort(seen.begin(), seen.end(),
            [](const Gpu& a, const Gpu& b) { return *a.kfd_node < *b.kfd_node; });
  const auto apply = [&](std::string_view name) {
    const auto found = environment.find(name);
    if (found == environment.end()) {
      return false;
    }
    auto left = chosen(seen, found->second);
    // A process that sees no GPU needs no judgement; it may set the variable for a child that does.
    if (left && !left->empty()) {
      seen = std::move(*left);
    }
    return true;
  };
  apply("ROCR_VISIBLE_DEVICES");
  if (!apply("HIP_VISIBLE_DEVICES")) {  // it wins over CUDA's
    apply("CUDA_VISIBLE_DEVICES");
  }
  return seen;
}

}  // namespace rocmfix
