// SPDX-License-Identifier: MIT
#include "kfd/process.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "control/faults.hpp"
#include "control/journal.hpp"
#include "gpu/execution.hpp"
#include "gpu/gpu_caches.hpp"
#include "gpu/queue.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// Room for every allocation a process will ever make, none of it there before it is touched.
constexpr off_t arena_size = off_t{1} << 46U;
constexpr off_t kfd_size = off_t{1} << 40U;  // doorbell pages far apart, see doorbell_offset()

std::mutex& current_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}
Process* current_process = nullptr;  // guarded by current_mutex
std::vector<ino_t>& foreign_kfd_inodes() {
  static auto* const inodes = new std::vector<ino_t>;
  return *inodes;
}

// By the system call: fstat() is this library's own.
bool raw_fstat(int fd, struct stat& out) {
  return syscall(SYS_newfstatat, fd, "", &out, AT_EMPTY_PATH) == 0;
}

int make_file(const char* name, off_t size, ino_t& inode) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ftruncate(fd, size) != 0 || !raw_fstat(fd, status)) {
    complain(formatted("error: cannot create the memory of {}: errno {}", name, errno));
    _exit(2);
  }
  inode = status.st_ino;
  return fd;
}

}  // namespace

Process::Process() : arenas(gpus().size()), memory(gpus().size()) {
  kfd_fd_ = make_file("rocmfix-sim-kfd", kfd_size, kfd_inode_);
  for (std::size_t i = 0; i < arenas.size(); ++i) {
    const std::string name = formatted("rocmfix-sim-render{}", i);
    arenas[i].fd = make_file(name.c_str(), arena_size, arenas[i].inode);
  }
  for (const Gpu& gpu : gpus()) {
    void* const page = mmap(nullptr, doorbell_page, PROT_READ | PROT_WRITE, MAP_SHARED, kfd_fd_,
                            static_cast<off_t>(doorbell_offset(gpu.index)));
    if (page == MAP_FAILED) {
      complain("error: no address space for the doorbells");
      _exit(2);
    }
    doorbells.push_back(static_cast<char*>(page));
  }
  halted = std::make_unique<std::atomic<bool>[]>(gpus().size());
  memory.set_svm_mtype([](unsigned gpu, const SvmAttributes& attributes) {
    return mtype_of_svm(gpus()[gpu], attributes);
  });
  memory.set_empty_caches([this](unsigned gpu) { empty_caches(gpu); });
  for (const Gpu& gpu : gpus()) {
    caches.push_back(gpu.caches ? std::make_shared<GpuCaches>(*this, gpu) : nullptr);
  }
  decoded = std::make_shared<DecodedKernels>();
  faults_ = std::make_unique<Faults>(*this);
}

void Process::empty_caches(unsigned gpu) {
  if (gpu < caches.size() && caches[gpu] != nullptr) {
    caches[gpu]->hierarchy.empty();
  }
}

Process& Process::current() {
  bool made = false;
  Process* process = nullptr;
  {
    const std::lock_guard lock(current_mutex());
    if (current_process == nullptr) {
      current_process = new Process;  // for the life of the process
      made = true;
    }
    process = current_process;
  }
  if (made) {
    process->faults().start();
  }
  return *process;
}

void Process::install_fork_handlers() {
  pthread_atfork([] { current_mutex().lock(); }, [] { current_mutex().unlock(); },
                 [] {
                   if (current_process != nullptr) {
                     foreign_kfd_inodes().push_back(current_process->kfd_inode_);
                     current_process = nullptr;  // its threads are gone: it is not taken down
                   }
                   current_mutex().unlock();
                 });
}

Process::Identity Process::identify(int fd) {
  struct stat status {};
  if (!raw_fstat(fd, status) || !S_ISREG(status.st_mode)) {
    return {};
  }
  const std::lock_guard lock(current_mutex());
  for (const ino_t inode : foreign_kfd_inodes()) {
    if (inode == status.st_ino) {
      return {File::foreign_kfd, 0};
    }
  }
  if (current_process == nullptr) {
    return {};
  }
  if (status.st_ino == current_process->kfd_inode_) {
    return {File::kfd, 0};
  }
  for (unsigned i = 0; i < current_process->arenas.size(); ++i) {
    if (status.st_ino == current_process->arenas[i].inode) {
      return {File::render, i};
    }
  }
  return {};
}

namespace {
int duplicate(int fd, int flags) {
  return fcntl(fd, (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD, 3);
}
}  // namespace

int Process::open_kfd(int flags) const {
  const int fd = duplicate(kfd_fd_, flags);
  JournalLine("open").text("path", "/dev/kfd").number("fd", fd);
  return fd;
}

int Process::open_render(unsigned gpu, int flags) {
  const int fd = duplicate(arenas.at(gpu).fd, flags);
  JournalLine("open")
      .text("path", formatted("/dev/dri/renderD{}", gpus()[gpu].minor))
      .number("fd", fd);
  return fd;
}

void Process::raise_memory_fault(unsigned gpu, const MemoryFault& fault, std::string_view cause) {
  const Gpu& device = gpus().at(gpu);
  halted[gpu] = true;  // the driver evicts the process's queues
  const bool told = events.raise_memory_fault(device.gpu_id, fault);
  JournalLine("memory_fault")
      .unsigned_number("gpu", device.gpu_id)
      .hex("va", fault.address)
      .text("reason", fault.read_only    ? "read_only"
                      : fault.no_execute ? "no_execute"
                      : fault.hang       ? "hang"
                                         : "not_present")
      .text("cause", cause)
      .number("told", told ? 1 : 0);
  if (!told) {
    complain(formatted("a GPU memory fault at {:#x} ({}), and no runtime listens for it",
                       fault.address, cause));
  }
}

}  // namespace rocmfix::sim
