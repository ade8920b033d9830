// SPDX-License-Identifier: MIT
// Puts one AQL packet that no runtime would write into a queue of its own and says what came of it:
//
//   packet SEED
//
// done, error NUMBER (of the queue's callback), nothing (it waits, as for a signal); or the runtime
// ends the process because of a memory fault.
#include <hsa/hsa.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

namespace {

std::atomic<int> error{0};

void require(hsa_status_t status, const char* what) {
  if (status != HSA_STATUS_SUCCESS) {
    std::printf("FAILED %s: %x\n", what, static_cast<unsigned>(status));
    std::exit(1);
  }
}

hsa_status_t take_gpu(hsa_agent_t agent, void* out) {
  hsa_device_type_t type = HSA_DEVICE_TYPE_CPU;
  hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type);
  if (type != HSA_DEVICE_TYPE_GPU) {
    return HSA_STATUS_SUCCESS;
  }
  *static_cast<hsa_agent_t*>(out) = agent;
  return HSA_STATUS_INFO_BREAK;
}

// Any bytes, or a dispatch whose fields are extreme; sometimes with a signal that is there.
void fill(unsigned char* packet, std::mt19937& random, hsa_signal_t signal) {
  for (int i = 0; i < 64; ++i) {
    packet[i] = static_cast<unsigned char>(random() % 3 == 0 ? 0 : random());
  }
  if (random() % 2 == 0) {
    auto* const dispatch = reinterpret_cast<hsa_kernel_dispatch_packet_t*>(packet);
    constexpr unsigned extremes[] = {0, 1, 64, 1024, 1025, 0xffff, 0xffffffff};
    const auto extreme = [&] { return extremes[random() % 7]; };
    dispatch->setup = static_cast<std::uint16_t>(random() % 5);
    dispatch->workgroup_size_x = static_cast<std::uint16_t>(extreme());
    dispatch->grid_size_x = extreme();
    dispatch->private_segment_size = extreme();
    dispatch->group_segment_size = extreme();
    // The signal is memory that the GPU can read, and no kernel.
    dispatch->kernel_object = random() % 2 == 0 ? signal.handle : random() % 2 == 0 ? 0 : random();
    dispatch->completion_signal = random() % 2 == 0 ? signal : hsa_signal_t{0};
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937 random(argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1);
  require(hsa_init(), "hsa_init");
  hsa_agent_t gpu{0};
  hsa_iterate_agents(take_gpu, &gpu);
  hsa_queue_t* queue = nullptr;
  require(hsa_queue_create(
              gpu, 64, HSA_QUEUE_TYPE_SINGLE,
              [](hsa_status_t status, hsa_queue_t*, void*) { error = static_cast<int>(status); },
              nullptr, ~0U, ~0U, &queue),
          "hsa_queue_create");
  hsa_signal_t signal{0};
  require(hsa_signal_create(1, 0, nullptr, &signal), "hsa_signal_create");
  unsigned char packet[64];
  fill(packet, random, signal);
  constexpr unsigned types[] = {0, 2, 2, 2, 3, 4, 5, 6, 200};
  const auto type = static_cast<std::uint16_t>(types[random() % 9] | random() << 8U);
  const std::uint64_t index = hsa_queue_add_write_index_relaxed(queue, 1);
  auto* const slot = static_cast<unsigned char*>(queue->base_address) + index % queue->size * 64;
  std::memcpy(slot + 2, packet + 2, 62);
  __atomic_store_n(reinterpret_cast<std::uint16_t*>(slot), type, __ATOMIC_RELEASE);
  hsa_signal_store_screlease(queue->doorbell_signal, static_cast<hsa_signal_value_t>(index));
  for (int i = 0; i < 150 && error == 0 && hsa_queue_load_read_index_scacquire(queue) <= index;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const bool done = hsa_queue_load_read_index_scacquire(queue) > index;
  std::printf("type %u: %s %x\n", type & 0xffU,
              error != 0 ? "error"
              : done     ? "done"
                         : "nothing",
              static_cast<unsigned>(error.load()));
  return 0;
}
