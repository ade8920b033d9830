// SPDX-License-Identifier: MIT
// What KFD and DRM keep for one process: the device files it has open, its allocations, page
// tables, events and queues. A child after fork() starts with nothing of it, as with the real
// driver. Thread-safe. It is never destroyed: the runtime's threads use it while the process
// exits.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/configuration.hpp"
#include "gpu/address_space.hpp"
#include "kfd/events.hpp"

namespace rocmfix::sim {

class Queue;
struct DecodedKernels;
struct GpuCaches;
class Faults;

/// A GPU of the simulated machine; the same for every process.
struct Gpu {
  unsigned index = 0;
  const Card* card = nullptr;
  bool large_bar = false;
  bool patched = false;
  MtypeMode mtype = MtypeMode::private_;
  bool caches = false;
  std::uint32_t gpu_id = 0;
  unsigned node = 0;   ///< in the KFD topology; node 0 is the CPU
  unsigned minor = 0;  ///< of the render node: 128 and up
  std::string bdf;
};

/// The GPUs that ROCMFIX_SIM asks for.
const std::vector<Gpu>& gpus();
/// GB_ADDR_CONFIG, from which ROCr's image code computes layouts. The driver reads it from the
/// card; here it is what Mesa's surface tests have for a chip of that size.
std::uint32_t gb_addr_config(const Card& card);
/// nullptr: there is none of that id.
const Gpu* gpu_by_id(std::uint32_t gpu_id);

class Process {
 public:
  Process();
  /// That of the calling process, made when first asked for.
  static Process& current();
  /// For pthread_atfork: the child forgets all of it, and knows the parent's files as foreign.
  static void install_fork_handlers();

  // --- device files ---
  enum class File { none, kfd, render, foreign_kfd };
  struct Identity {
    File file = File::none;
    unsigned gpu = 0;
  };
  /// By inode, so a duplicate made by dup(2) or fcntl(2) is known as well.
  static Identity identify(int fd);
  /// A descriptor of /dev/kfd or a render node; -1 with errno.
  [[nodiscard]] int open_kfd(int flags) const;
  int open_render(unsigned gpu, int flags);

  // --- memory; `mutex` guards buffers, used sizes and offsets ---
  std::mutex mutex;
  std::map<std::uint64_t, std::shared_ptr<Buffer>> buffers;  ///< by handle
  struct Arena {
    int fd = -1;
    ino_t inode = 0;
    std::uint64_t next = 1U << 21U;  // mmap offset 0 is what a forgotten field holds
    std::uint64_t vram_used = 0;
    std::uint32_t next_handle = 1;
    std::map<std::uint32_t, std::shared_ptr<Buffer>> gem;  ///< DRM's handles
    std::uint32_t next_gem = 1;
  };
  std::vector<Arena> arenas;  ///< one a GPU
  std::uint64_t system_used = 0;
  std::uint64_t allocations = 0;  ///< counts them, from 1
  AddressSpace memory;

  // --- events, queues ---
  Events events;
  std::mutex queues_mutex;
  std::map<std::uint32_t, std::unique_ptr<Queue>> queues;
  std::uint32_t next_queue = 1;
  std::vector<char*> doorbells;  ///< a page a GPU
  std::uint64_t event_page = 0;
  std::shared_ptr<DecodedKernels> decoded;         ///< of kernels that were executed
  std::vector<std::shared_ptr<GpuCaches>> caches;  ///< one a GPU; null without +caches
  /// Memory has what the GPU's kernels wrote, and its kernels will see what is there now.
  void empty_caches(unsigned gpu);
  /// A GPU that has faulted or was reset runs no packet any more.
  std::unique_ptr<std::atomic<bool>[]> halted;

  /// The event, the halt, the journal. What a GPU memory fault is on the real driver.
  void raise_memory_fault(unsigned gpu, const MemoryFault& fault, std::string_view cause);

  Faults& faults() { return *faults_; }

  static constexpr std::uint64_t doorbell_page = 8192;  // 1024 doorbells of 8 bytes: SOC15
  /// Where a GPU's page is in the KFD file. Multiples of 4 GiB: KFD keeps what is no offset inside
  /// the page in the upper half, and thunk 5.2.3 counts on that for the first queue.
  static std::uint64_t doorbell_offset(unsigned gpu) { return (gpu + std::uint64_t{1}) << 32U; }
  static constexpr std::uint64_t event_page_offset = 1U << 20U;

 private:
  int kfd_fd_ = -1;
  ino_t kfd_inode_ = 0;
  std::unique_ptr<Faults> faults_;
};

}  // namespace rocmfix::sim
