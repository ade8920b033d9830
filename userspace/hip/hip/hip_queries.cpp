// SPDX-License-Identifier: MIT
// What HIP reports to the program about VRAM, made to agree with the limit; advice on coherence;
// and the lookup that would go round us.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "export.hpp"
#include "hip/abi_hip.hpp"
#include "hip/coherence.hpp"
#include "hip/hip_call.hpp"
#include "hip/hip_lookup.hpp"
#include "layer.hpp"

using namespace rocmfix::hip;
using api::Error;

namespace {

constexpr int unknown_gpu = -1;
// HIP's device number -> index in layer.gpus, plus two; 0: not asked yet.
std::array<std::atomic<int>, 64> gpu_of_device{};

/// By PCI address: HIP_VISIBLE_DEVICES gives HIP other numbers than ROCr's.
int find_gpu(int device) {
  using GetPciBusId = Error (*)(char*, int, int);
  static std::atomic<void*> cached{nullptr};
  if (cached.load() == nullptr) {
    cached.store(find_in_hip("hipDeviceGetPCIBusId"));
  }
  const auto get_id = reinterpret_cast<GetPciBusId>(cached.load());
  std::array<char, 64> id{};
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned slot = 0;
  unsigned function = 0;
  if (get_id == nullptr || get_id(id.data(), static_cast<int>(id.size()), device) != api::success) {
    return unknown_gpu;
  }
  // NOLINTNEXTLINE(cert-err34-c): of HIP's own making, and all four must be there
  if (sscanf(id.data(), "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4) {
    return unknown_gpu;
  }
  const uint32_t bdf = bus << 8U | slot << 3U | function;
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    // The function's number is not in every release's string.
    if (layer.gpus[i].domain == domain && layer.gpus[i].bdf >> 3U == bdf >> 3U) {
      return static_cast<int>(i);
    }
  }
  return unknown_gpu;
}

/// The budget of HIP's device, where there is a limit; else nullptr.
const VramBudget* budget_of(int device) {
  if (!layer.active() || device < 0 || static_cast<size_t>(device) >= gpu_of_device.size()) {
    return nullptr;
  }
  std::atomic<int>& cached = gpu_of_device[static_cast<size_t>(device)];
  int gpu = cached.load(std::memory_order_relaxed) - 2;
  if (gpu < unknown_gpu) {
    gpu = find_gpu(device);
    cached.store(gpu + 2, std::memory_order_relaxed);
  }
  if (gpu == unknown_gpu) {
    return nullptr;
  }
  const VramBudget& budget = layer.budgets[static_cast<size_t>(gpu)];
  return budget.limit() == 0 ? nullptr : &budget;
}

int current_device() {
  using GetDevice = Error (*)(int*);
  static std::atomic<void*> cached{nullptr};
  if (cached.load() == nullptr) {
    cached.store(find_in_hip("hipGetDevice"));
  }
  const auto get_device = reinterpret_cast<GetDevice>(cached.load());
  int device = -1;
  return get_device != nullptr && get_device(&device) == api::success ? device : -1;
}

void lower(size_t& value, uint64_t limit) {
  value = std::min(value, limit);
}

/// The structure has two layouts, and a release may bring a third: what stands at the place is
/// changed only when it is what HIP itself says is the total.
void limit_total(void* properties, size_t offset, int device) {
  const VramBudget* budget = budget_of(device);
  if (properties == nullptr || budget == nullptr) {
    return;
  }
  const auto total_memory =
      reinterpret_cast<Error (*)(size_t*, int)>(real_function(Api::hipDeviceTotalMem));
  size_t real_total = 0;
  size_t there = 0;
  char* place = static_cast<char*>(properties) + offset;
  memcpy(&there, place, sizeof there);
  if (total_memory == nullptr || total_memory(&real_total, device) != api::success ||
      there != real_total) {
    return;
  }
  lower(there, budget->limit());
  memcpy(place, &there, sizeof there);
}

}  // namespace

extern "C" {

ROCMFIX_EXPORT Error hipMemGetInfo(size_t* free, size_t* total) {
  ROCMFIX_NEXT(hipMemGetInfo)
  const Error result = next(free, total);
  if (result != api::success || (free == nullptr && total == nullptr)) {
    return result;
  }
  const VramBudget* budget = layer.active() ? budget_of(current_device()) : nullptr;
  if (budget != nullptr) {
    if (total != nullptr) {
      lower(*total, budget->limit());
    }
    if (free != nullptr) {
      lower(*free, budget->left());
    }
  }
  return result;
}

ROCMFIX_EXPORT Error hipDeviceTotalMem(size_t* total, int device) {
  ROCMFIX_NEXT(hipDeviceTotalMem)
  const Error result = next(total, device);
  if (result == api::success && total != nullptr) {
    if (const VramBudget* budget = budget_of(device); budget != nullptr) {
      lower(*total, budget->limit());
    }
  }
  return result;
}

ROCMFIX_EXPORT Error hipGetDeviceProperties(void* properties, int device) {
  ROCMFIX_NEXT(hipGetDeviceProperties)
  const Error result = next(properties, device);
  if (result == api::success) {
    limit_total(properties, api::total_memory_r0000, device);
  }
  return result;
}

ROCMFIX_EXPORT Error hipGetDevicePropertiesR0600(void* properties, int device) {
  ROCMFIX_NEXT(hipGetDevicePropertiesR0600)
  const Error result = next(properties, device);
  if (result == api::success) {
    limit_total(properties, api::total_memory_r0600, device);
  }
  return result;
}

// An explicit request for coherence is granted, except under the policy `all`.
ROCMFIX_EXPORT Error hipMemAdvise(const void* pointer, size_t size, int advice, int device) {
  ROCMFIX_NEXT(hipMemAdvise)
  if (advice != hip_mem_advise_unset_coarse_grain || intent.api != Api::none) {
    return next(pointer, size, advice, device);
  }
  intent = {.api = Api::hipMemAdvise, .kind = MemoryKind::coherent, .size = size};
  const Error result = next(pointer, size, advice, device);
  intent = {};
  return result;
}

}  // extern "C"
