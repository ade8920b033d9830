// SPDX-License-Identifier: MIT
#include "gpu/cache/gl2.hpp"

namespace rocmfix::sim::cache {

const Line* Gl2::read_around(std::uint64_t address) {
  if (!below_.read(address, passing_.bytes.data(), line_size, {})) {
    return nullptr;
  }
  return &passing_;
}

Line* Gl2::read(std::uint64_t address) {
  if (Line* const hit = lines_.find(address); hit != nullptr && hit->valid.all()) {
    return hit;
  }
  const Line* const memory = read_around(address);
  if (memory == nullptr) {
    return nullptr;
  }
  Line& line = take(address);
  for (std::size_t i = 0; i < line_size; ++i) {
    if (!line.valid[i]) {
      line.bytes.at(i) = memory->bytes.at(i);
    }
  }
  line.valid.set();
  return &line;
}

Line& Gl2::take(std::uint64_t address) {
  if (lines_.find(address) == nullptr && lines_.is_full()) {
    const auto victim = lines_.any(chance_);
    write_back(victim.address, *victim.line);
    lines_.drop(victim.address);
  }
  return lines_.take(address);
}

void Gl2::tick() {
  const bool drops = chance_.one_in(chance_.rates().drop_gl2);
  if (!drops && !chance_.one_in(chance_.rates().write_back)) {
    return;
  }
  const auto place = lines_.any(chance_);
  if (place.line == nullptr) {
    return;
  }
  write_back(place.address, *place.line);
  if (drops) {
    lines_.drop(place.address);
  }
}

// Only the bytes that were stored: the others may have been changed in memory. What is not mapped
// any more is lost.
void Gl2::write_back(std::uint64_t address, Line& line) {
  for (std::size_t at = 0; at < line_size && line.dirty.any();) {
    std::size_t end = at;
    while (end < line_size && line.dirty[end]) {
      line.dirty.reset(end++);
    }
    if (end > at) {
      below_.write(address + at, line.bytes.data() + at, end - at);
    }
    at = end + 1;
  }
}

void Gl2::write_back() {
  lines_.each([this](std::uint64_t address, Line& line) { write_back(address, line); });
}

}  // namespace rocmfix::sim::cache
