// SPDX-License-Identifier: MIT
// Reads gpus.toml and settings.toml. One parser for both its users: the build, which turns the
// shipped files into constant tables, and Policy::load(), which reads a user's overlay.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/policy.hpp"

namespace rocmfix {

/// Owns what the views in parsed tables point at. Addresses stay valid as it grows.
class PolicyArena {
 public:
  std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }
  template <class T>
  std::span<const T> keep(std::vector<T> items) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(items));
    const std::span<const T> view(*owner);
    lists_.emplace_back(std::move(owner));
    return view;
  }

 private:
  std::deque<std::string> strings_;
  std::deque<std::shared_ptr<const void>> lists_;
};

/// `origin` names the file in errors. Errors: invalid with "origin:line: what", and a hint with
/// the keys or words that are allowed there.
Result<std::vector<Chip>> parse_chips(std::string_view text, std::string_view origin,
                                      PolicyArena& arena);
Result<std::vector<Setting>> parse_settings(std::string_view text, std::string_view origin,
                                            PolicyArena& arena);

}  // namespace rocmfix
