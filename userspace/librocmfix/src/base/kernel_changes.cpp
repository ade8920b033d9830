// SPDX-License-Identifier: MIT
#include "base/kernel_changes.hpp"

#include <algorithm>
#include <vector>

#include "base/version_numbers.hpp"

namespace rocmfix::detail {

namespace {

// Ubuntu, and Debian until 12, have the number of their ABI after X.Y.0, whatever the point
// release: "7.0.0-28-generic".
bool hides_point_release(std::string_view kernel, const std::vector<unsigned>& numbers) {
  return numbers.size() > 3 && numbers[2] == 0 && kernel.find('-') != std::string_view::npos;
}

}  // namespace

std::optional<bool> kernel_has(std::string_view kernel, std::string_view change) {
  const auto found = std::find_if(tables::kernel_changes.begin(), tables::kernel_changes.end(),
                                  [&](const KernelChange& one) { return one.name == change; });
  std::vector<unsigned> numbers = version_numbers(kernel);
  if (found == tables::kernel_changes.end() || numbers.empty()) {
    return std::nullopt;
  }
  const bool hidden = hides_point_release(kernel, numbers);
  numbers.resize(3);
  for (const std::string_view text : found->since) {
    std::vector<unsigned> since = version_numbers(text);
    since.resize(3);
    if (std::equal(since.begin(), since.begin() + 2, numbers.begin())) {
      return hidden && since[2] != 0 ? std::nullopt : std::optional(numbers >= since);
    }
  }
  std::vector<unsigned> last = version_numbers(found->since.back());
  last.resize(3);
  return numbers >= last;
}

}  // namespace rocmfix::detail
