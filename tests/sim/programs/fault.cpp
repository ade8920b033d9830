// SPDX-License-Identifier: MIT
// Meets a fault. What it does is its first argument:
//   command JSON  gives the simulator the command, with "@" in it replaced by the address of a
//                 device allocation of 3 MiB, then keeps copying until something happens
//   wait          prints "ready ADDRESS", then keeps copying until something happens
//   past          copies from one allocation past its end
//   coherent      copies once to default pinned memory (COHERENT), once to NonCoherent
//   allocate      allocates 1 GiB again and again; prints how many there were
//   kernel        dispatches a kernel that no simulator knows
// Nothing happens: ends with 0 after ten seconds. A wrong call: 1.
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "probe.hpp"

namespace {

constexpr size_t size = 3U << 20U;

void copy_for_a_while(void* device) {
  std::vector<char> bytes(size);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(hipMemcpy(device, bytes.data(), size, hipMemcpyHostToDevice));
    REQUIRE(hipMemcpy(bytes.data(), device, size, hipMemcpyDeviceToHost));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void give_command(std::string json, void* device) {
  char address[32];
  std::snprintf(address, sizeof address, "%p", device);
  const auto at = json.find('@');
  if (at != std::string::npos) {
    json.replace(at, 1, address);
  }
  std::printf("address %s\n", address);
  std::fflush(stdout);
  probe::command(json);
}

hsa_agent_t gpu_agent() {
  hsa_agent_t found{};
  hsa_iterate_agents(
      [](hsa_agent_t agent, void* out) {
        hsa_device_type_t type = HSA_DEVICE_TYPE_CPU;
        hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type);
        if (type == HSA_DEVICE_TYPE_GPU) {
          *static_cast<hsa_agent_t*>(out) = agent;
          return HSA_STATUS_INFO_BREAK;
        }
        return HSA_STATUS_SUCCESS;
      },
      &found);
  return found;
}

// HIP would refuse the size; ROCr hands it to the engine as it is.
void copy_past_the_end(void* device) {
  void* pinned = nullptr;
  REQUIRE(hipHostMalloc(&pinned, 64U << 20U, 0));
  std::printf("address %p\n", device);
  std::fflush(stdout);
  hsa_signal_t done{};
  hsa_signal_create(1, 0, nullptr, &done);
  const hsa_agent_t agent = gpu_agent();
  probe::require(hsa_amd_memory_async_copy(pinned, agent, device, agent, 64U << 20U, 0, nullptr,
                                           done) == HSA_STATUS_SUCCESS,
                 "hsa_amd_memory_async_copy");
  hsa_signal_wait_scacquire(done, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, HSA_WAIT_STATE_BLOCKED);
}

void copy_to_pinned(void* device) {
  void* pinned = nullptr;
  REQUIRE(hipHostMalloc(&pinned, size, hipHostMallocNonCoherent));
  probe::command(R"({"fault": "coherent"})");
  REQUIRE(hipMemcpyAsync(pinned, device, size, hipMemcpyDeviceToHost, nullptr));
  REQUIRE(hipStreamSynchronize(nullptr));
  std::printf("non-coherent went well\n");
  std::fflush(stdout);
  void* coherent = nullptr;
  REQUIRE(hipHostMalloc(&coherent, size, 0));
  std::printf("address %p\n", coherent);
  std::fflush(stdout);
  REQUIRE(hipMemcpyAsync(coherent, device, size, hipMemcpyDeviceToHost, nullptr));
  REQUIRE(hipStreamSynchronize(nullptr));
}

void allocate_until_full() {
  int count = 0;
  void* at = nullptr;
  while (hipMalloc(&at, 1U << 30U) == hipSuccess && count < 1000) {
    ++count;
  }
  std::printf("allocated %d\n", count);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  void* device = nullptr;
  REQUIRE(hipMalloc(&device, size));
  REQUIRE(hipMemset(device, 0, size));
  REQUIRE(hipDeviceSynchronize());
  if (what == "command" && argc > 2) {
    give_command(argv[2], device);
    copy_for_a_while(device);
  } else if (what == "wait") {
    std::printf("ready %p\n", device);
    std::fflush(stdout);
    copy_for_a_while(device);
  } else if (what == "past") {
    copy_past_the_end(device);
  } else if (what == "coherent") {
    copy_to_pinned(device);
  } else if (what == "allocate") {
    allocate_until_full();
  } else {
    std::fprintf(stderr, "usage: fault command JSON|wait|past|coherent|allocate\n");
    return 2;
  }
  return 0;
}
