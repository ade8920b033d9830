// SPDX-License-Identifier: MIT
#include "selftest/miopen_log.hpp"

#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

/// The word before `end`, and the one that begins at `begin`.
std::string_view word_before(std::string_view text, std::size_t end) {
  const std::size_t begin = text.find_last_of(" ]\n", end == 0 ? 0 : end - 1);
  return begin == std::string_view::npos ? text.substr(0, end)
                                         : text.substr(begin + 1, end - begin - 1);
}

std::string_view word_at(std::string_view text, std::size_t begin) {
  return text.substr(begin, text.find_first_of(" ,\n", begin) - begin);
}

}  // namespace

std::string miopen_solvers(std::string_view log) {
  constexpr std::string_view mark = " Chosen Algorithm: ";
  constexpr std::size_t most = 400;
  std::string solvers;
  for (std::size_t at = log.find(mark); at != std::string_view::npos && solvers.size() < most;
       at = log.find(mark, at + 1)) {
    const std::string one =
        formatted("{} {}", word_before(log, at), word_at(log, at + mark.size()));
    if (solvers.find(one) == std::string::npos) {
      solvers += (solvers.empty() ? "" : ", ") + one;
    }
  }
  return solvers;
}

}  // namespace rocmfix::selftest
