// SPDX-License-Identifier: MIT
// For tests of the simulated GPU's caches: words of memory, and a GPU of two shader arrays with two
// WGPs each, on which nothing happens that nothing demands.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include "gpu/cache/hierarchy.hpp"

namespace rocmfix::sim::cache {

constexpr std::size_t memory_size = 1U << 16U;

/// From address 0. It says that it is late as long as `late` says so.
class Words : public isa::Memory {
 public:
  bool read(std::uint64_t va, void* out, std::size_t size, isa::Policy /*policy*/) override {
    if (va + size > memory_size) {
      fault_ = {va};
      return false;
    }
    std::memcpy(out, bytes_.data() + va, size);
    return true;
  }
  bool write(std::uint64_t va, const void* in, std::size_t size) override {
    if (va + size > memory_size) {
      fault_ = {va};
      return false;
    }
    std::memcpy(bytes_.data() + va, in, size);
    return true;
  }
  bool change(std::uint64_t va, std::size_t size, const Change& how) override {
    how(bytes_.data() + va);
    return va + size <= memory_size;
  }
  bool fetch(std::uint64_t va, void* out, std::size_t size) override {
    return read(va, out, size, {});
  }
  bool is_late() override { return late; }

  /// What the host sees and does.
  [[nodiscard]] std::uint32_t get(std::uint64_t va) const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + va, sizeof value);
    return value;
  }
  void put(std::uint64_t va, std::uint32_t value) {
    std::memcpy(bytes_.data() + va, &value, sizeof value);
  }

  bool late = false;

 private:
  alignas(16) std::array<std::uint8_t, memory_size> bytes_{};
};

constexpr Chance::Rates quiet{0, 0, 0, 0, 0, 0};
constexpr isa::Policy plain{};
constexpr isa::Policy glc{true, false, false, false};
constexpr isa::Policy glc_dlc{true, true, false, false};
constexpr isa::Policy glc_slc{true, false, true, false};
constexpr isa::Policy scalar{false, false, false, true};

struct Machine {
  explicit Machine(const Chance::Rates& rates = quiet, std::uint64_t seed = 1, Shape shape = {2, 2})
      : caches(shape, Chance(seed, rates), memory) {}

  /// WGPs 0 and 1 are in array 0, 2 and 3 in array 1; the wave is on the WGP's first CU.
  std::unique_ptr<Port> on(unsigned group_processor) { return caches.port({{group_processor}, 0}); }

  std::uint32_t load(Port& port, std::uint64_t va, isa::Policy policy = plain,
                     Mtype mtype = Mtype::nc) {
    std::uint32_t value = ~0U;
    return caches.load(port, va, &value, sizeof value, policy, mtype) ? value : ~0U;
  }
  /// Not waited for.
  void store(Port& port, std::uint64_t va, std::uint32_t value, Mtype mtype = Mtype::nc) {
    caches.begin_store(port);
    caches.store(port, va, &value, sizeof value, mtype);
  }
  void store_and_wait(Port& port, std::uint64_t va, std::uint32_t value, Mtype mtype = Mtype::nc) {
    store(port, va, value, mtype);
    caches.wait_stores(port, 0);
  }
  void add(Port& port, std::uint64_t va, std::uint32_t value, Mtype mtype) {
    caches.change(
        port, va, sizeof value, [&](void* word) { *static_cast<std::uint32_t*>(word) += value; },
        mtype);
  }

  Words memory;
  Hierarchy caches;
};

}  // namespace rocmfix::sim::cache
