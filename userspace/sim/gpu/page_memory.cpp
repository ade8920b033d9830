// SPDX-License-Identifier: MIT
#include "gpu/page_memory.hpp"

#include <cstring>

namespace rocmfix::sim {

const AddressSpace::Direct* PageMemory::find(std::uint64_t va, std::size_t size) {
  const std::uint64_t generation = space_.generation();
  if (generation != generation_) {
    generation_ = generation;
    known_ = {};
  }
  const auto holds = [&](const AddressSpace::Direct& direct) {
    return va >= direct.start && va < direct.end && size <= direct.end - va;
  };
  if (holds(known_.at(last_))) {
    return &known_.at(last_);
  }
  for (unsigned i = 0; i < known_.size(); ++i) {
    if (holds(known_.at(i))) {
      last_ = i;
      return &known_.at(i);
    }
  }
  const auto found = space_.direct(gpu_, va);
  if (!found || !holds(*found)) {
    return nullptr;
  }
  last_ = next_++ % static_cast<unsigned>(known_.size());
  known_.at(last_) = *found;
  return &known_.at(last_);
}

bool PageMemory::failed(const MemoryFault& fault) {
  fault_ = {fault.address, fault.read_only, fault.no_execute};
  return false;
}

// Aligned words are never seen half written.
bool PageMemory::read(std::uint64_t va, void* out, std::size_t size, isa::Policy /*policy*/) {
  const AddressSpace::Direct* const direct = find(va, size);
  if (direct == nullptr) {
    const auto fault = space_.read(gpu_, va, out, size);
    return !fault || failed(*fault);
  }
  const char* const from = direct->host + (va - direct->start);
  if (size == 4 && va % 4 == 0) {
    const auto word =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(from), __ATOMIC_ACQUIRE);
    std::memcpy(out, &word, sizeof word);
  } else if (size == 8 && va % 8 == 0) {
    const auto word =
        __atomic_load_n(reinterpret_cast<const std::uint64_t*>(from), __ATOMIC_ACQUIRE);
    std::memcpy(out, &word, sizeof word);
  } else {
    std::memcpy(out, from, size);
  }
  return true;
}

bool PageMemory::write(std::uint64_t va, const void* in, std::size_t size) {
  const AddressSpace::Direct* const direct = find(va, size);
  if (direct == nullptr) {
    const auto fault = space_.write(gpu_, va, in, size);
    return !fault || failed(*fault);
  }
  if (!direct->writable) {
    return failed({va, true});
  }
  char* const to = direct->host + (va - direct->start);
  if (size == 4 && va % 4 == 0) {
    std::uint32_t word = 0;
    std::memcpy(&word, in, sizeof word);
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(to), word, __ATOMIC_RELEASE);
  } else if (size == 8 && va % 8 == 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, in, sizeof word);
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(to), word, __ATOMIC_RELEASE);
  } else {
    std::memcpy(to, in, size);
  }
  return true;
}

void* PageMemory::word(std::uint64_t va, std::size_t size) {
  if (const AddressSpace::Direct* const direct = find(va, size)) {
    if (!direct->writable) {
      failed({va, true});
      return nullptr;
    }
    return direct->host + (va - direct->start);
  }
  // The process's own memory: what cannot be read now would end the process.
  std::array<char, 8> probe{};
  if (const auto fault = space_.read(gpu_, va, probe.data(), size)) {
    failed(*fault);
    return nullptr;
  }
  void* const at = space_.pointer(gpu_, va, size);
  if (at == nullptr) {
    failed({va});
  }
  return at;
}

bool PageMemory::change(std::uint64_t va, std::size_t size, const Change& how) {
  void* const at = word(va, size);
  if (at != nullptr) {
    how(at);
  }
  return at != nullptr;
}

bool PageMemory::fetch(std::uint64_t va, void* out, std::size_t size) {
  const auto direct = space_.direct(gpu_, va);
  if (direct && !direct->executable) {
    MemoryFault fault{va};
    fault.no_execute = true;
    return failed(fault);
  }
  const auto fault = space_.read(gpu_, va, out, size);
  return !fault || failed(*fault);
}

}  // namespace rocmfix::sim
