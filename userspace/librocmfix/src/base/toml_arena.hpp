// SPDX-License-Identifier: MIT
// The memory behind the views of parsed TOML tables.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix {

/// Owns what the views in parsed tables point at. Addresses stay valid as it grows.
class TomlArena {
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

}  // namespace rocmfix
