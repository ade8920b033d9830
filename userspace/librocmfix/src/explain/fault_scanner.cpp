// SPDX-License-Identifier: MIT
#include "explain/fault_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace rocmfix {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// `text` is in lower case.
bool begins_with(std::string_view in, std::string_view text) {
  return text.size() <= in.size() &&
         std::equal(text.begin(), text.end(), in.begin(),
                    [](char wanted, char given) { return wanted == lower(given); });
}

}  // namespace

FaultScanner::FaultScanner(std::vector<std::string> texts) : texts_(std::move(texts)) {
  for (std::string& text : texts_) {
    std::transform(text.begin(), text.end(), text.begin(), lower);
  }
  std::size_t window = 64;  // more than that gains nothing
  for (const std::string& text : texts_) {
    if (text.size() >= min_text) {
      window = std::min(window, text.size());
      order_.push_back(static_cast<std::uint16_t>(&text - texts_.data()));
    }
  }
  window_ = window;
  shift_.fill(static_cast<std::uint8_t>(window - 3));
  const auto last = [&](std::uint16_t index) { return hash(texts_[index].data() + window - 4); };
  for (const std::uint16_t index : order_) {
    for (std::size_t at = 0; at + 4 <= window; ++at) {
      std::uint8_t& shift = shift_.at(hash(texts_[index].data() + at));
      shift = std::min(shift, static_cast<std::uint8_t>(window - 4 - at));
    }
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint16_t a, std::uint16_t b) { return last(a) < last(b); });
  std::size_t at = 0;
  for (std::uint32_t value = 0; value < shift_.size(); ++value) {
    begin_.at(value) = static_cast<std::uint16_t>(at);
    while (at < order_.size() && last(order_[at]) == value) {
      ++at;
    }
  }
  begin_.back() = static_cast<std::uint16_t>(at);
}

// Calls use(position, index) for every text found, in order of position, until it says stop.
template <class Use>
std::size_t FaultScanner::scan(std::string_view in, std::size_t from, Use use) const {
  if (order_.empty() || in.size() < window_) {
    return npos;
  }
  const char* const data = in.data();
  const std::size_t end = in.size() - window_;
  std::size_t at = from;
  while (at <= end) {
    const std::uint32_t value = hash(data + at + window_ - 4);
    const std::size_t shift = shift_[value];
    if (shift != 0) {
      at += shift;
      continue;
    }
    for (std::size_t i = begin_[value]; i < begin_[value + 1]; ++i) {
      if (begins_with(in.substr(at), texts_[order_[i]]) && use(at, order_[i])) {
        return at;
      }
    }
    ++at;
  }
  return npos;
}

std::size_t FaultScanner::find(std::string_view in, std::size_t from) const {
  return scan(in, from, [](std::size_t, std::uint16_t) { return true; });
}

void FaultScanner::collect(std::string_view in, std::vector<std::uint16_t>& found) const {
  found.clear();
  scan(in, 0, [&](std::size_t, std::uint16_t index) {
    found.push_back(index);
    return false;
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

}  // namespace rocmfix
