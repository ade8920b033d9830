// SPDX-License-Identifier: MIT
// What the model leaves open, decided by a seed: how often stores are performed, lines dropped and
// lines written back although nothing demands it. Hardware that is always late and hardware that is
// always early are both allowed, so the seed decides that first.
#pragma once

#include <cstdint>
#include <random>

namespace rocmfix::sim::cache {

class Chance {
 public:
  /// One in so many accesses; 0: never.
  struct Rates {
    unsigned perform_store = 1;  ///< never 0: stores make progress
    unsigned drop_l0 = 0, drop_gl1 = 0, drop_gl2 = 0, write_back = 0;
    unsigned late_load = 0;
  };

  explicit Chance(std::uint64_t seed) : Chance(seed, Rates{}) {
    rates_ = {pick({1, 3, 16, 200}),       pick({0, 4, 64, 1024}), pick({0, 4, 64, 1024}),
              pick({0, 0, 0, 64, 100000}), pick({0, 0, 16, 4096}), pick({0, 2, 8})};
  }
  Chance(std::uint64_t seed, const Rates& rates) : random_(seed), rates_(rates) {}

  [[nodiscard]] const Rates& rates() const { return rates_; }
  bool one_in(unsigned rate) { return rate != 0 && random_() % rate == 0; }
  /// From 0 to `end` - 1.
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

 private:
  unsigned pick(std::initializer_list<unsigned> rates) {
    return *(rates.begin() + below(rates.size()));
  }
  std::mt19937_64 random_;
  Rates rates_;
};

}  // namespace rocmfix::sim::cache
