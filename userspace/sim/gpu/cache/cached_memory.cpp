// SPDX-License-Identifier: MIT
#include "gpu/cache/cached_memory.hpp"

#include <algorithm>

namespace rocmfix::sim::cache {

namespace {

// Calls `use` with address, offset and size of each line's part.
template <class Use>
bool each_line(std::uint64_t va, std::size_t size, Use use) {
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t at = va + done;
    const std::size_t some = std::min<std::size_t>(size - done, line_of(at) + line_size - at);
    if (!use(at, done, some)) {
      return false;
    }
    done += some;
  }
  return true;
}

}  // namespace

bool CachedMemory::failed(const Fault& fault) {
  fault_ = fault;
  return false;
}

// A store is performed later, but where it cannot be, is known when it is issued.
std::optional<Mapping> CachedMemory::find(std::uint64_t va, bool writes) {
  const auto mapping = translate_(va);
  if (!mapping) {
    failed({va});
    return std::nullopt;
  }
  if (writes && !mapping->writable) {
    failed({va, true});
    return std::nullopt;
  }
  if (char probe = 0; writes && !direct_->read(va, &probe, 1, {})) {
    failed(direct_->fault());
    return std::nullopt;
  }
  return mapping;
}

bool CachedMemory::read(std::uint64_t va, void* out, std::size_t size, isa::Policy policy) {
  return each_line(va, size, [&](std::uint64_t at, std::size_t done, std::size_t some) {
    const auto mapping = find(at, false);
    return mapping && (caches_.load(*port_, at, static_cast<char*>(out) + done, some, policy,
                                    mapping->mtype) ||
                       failed({at}));
  });
}

bool CachedMemory::write(std::uint64_t va, const void* in, std::size_t size) {
  return each_line(va, size, [&](std::uint64_t at, std::size_t done, std::size_t some) {
    const auto mapping = find(at, true);
    if (mapping) {
      caches_.store(*port_, at, static_cast<const char*>(in) + done, some, mapping->mtype);
    }
    return mapping.has_value();
  });
}

bool CachedMemory::change(std::uint64_t va, std::size_t size, const Change& how) {
  const auto mapping = find(va, true);
  return mapping && (caches_.change(*port_, va, size, how, mapping->mtype) || failed({va}));
}

bool CachedMemory::fetch(std::uint64_t va, void* out, std::size_t size) {
  return direct_->fetch(va, out, size) || failed(direct_->fault());
}

void CachedMemory::enter(isa::Port* port) {
  port_ = static_cast<Port*>(port);
  caches_.pass_time(*port_);
}

}  // namespace rocmfix::sim::cache
