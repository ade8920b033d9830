// SPDX-License-Identifier: MIT
// One case, in a process of its own: it may be aborted by ROCr or never come back.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cases.hpp"
#include "options.hpp"
#include "protocol.hpp"

// Last: it defines __noinline__, a word that libstdc++ 16 has in its headers.
// NOLINTBEGIN(bugprone-reserved-identifier,modernize-macro-to-enum): HIP's own names
#define __HIP_PLATFORM_AMD__ 1
#define __HIP_PLATFORM_HCC__ 1
// NOLINTEND(bugprone-reserved-identifier,modernize-macro-to-enum)
#include <hip/hip_runtime_api.h>

namespace rocmfix::litmus {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t ticks_a_second = 100'000'000;  // s_memrealtime on GFX10
// At some 100 ns a poll at least: never the first limit on a card, the only one without its clock.
constexpr uint64_t polls_a_second = 10'000'000;

[[noreturn]] void end_with(const char* outcome, const std::string& detail, int status) {
  static_cast<void>(std::printf("%s %s\n", outcome, detail.c_str()));
  static_cast<void>(std::fflush(stdout));
  _exit(status);
}

void require(int error, const char* what) {
  if (error != hipSuccess) {
    end_with("unavailable",
             std::string(what) + ": " + hipGetErrorName(static_cast<hipError_t>(error)),
             error == hipErrorNoDevice ? no_gpu : something_failed);
  }
}

// ---------------------------------------------------------------- the CPU's half

struct Seen {
  State state = state_done;
  uint32_t round = 0;
  uint32_t value = 0;
};

uint32_t load_acquire(const uint32_t* at) {
  return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

bool wait_for(const uint32_t* flag, uint32_t round, std::chrono::seconds patience) {
  const Clock::time_point end = Clock::now() + patience;
  while (load_acquire(flag) < round) {
    if (Clock::now() > end) {
      return false;
    }
  }
  return true;
}

void write_side(Side& side, uint32_t round) {
  for (uint32_t i = 0; i < data_words; ++i) {
    static_cast<volatile uint32_t&>(side.data[i]) = datum(round, i);
  }
  __atomic_store_n(&side.flag, round, __ATOMIC_RELEASE);
}

/// The CPU serves.
Seen play_on_cpu(const Side& theirs, Side& ours, const Options& options) {
  for (uint32_t round = 1; round <= options.rounds; ++round) {
    write_side(ours, round);
    // A little longer than the kernel waits, so that the one that did not see gives up first.
    if (!wait_for(&theirs.flag, round, std::chrono::seconds(options.wait + 1))) {
      return {state_not_seen, round, load_acquire(&theirs.flag)};
    }
    for (uint32_t i = 0; i < data_words; ++i) {
      const uint32_t value = static_cast<const volatile uint32_t&>(theirs.data[i]);
      if (value != datum(round, i)) {
        return {state_old_data, round, value};
      }
    }
  }
  return {state_done, options.rounds, 0};
}

// ---------------------------------------------------------------- the GPU's half

class Kernel {
 public:
  explicit Kernel(const Options& options) : options_(options) {
    hipModule_t module = nullptr;
    require(hipModuleLoad(&module, options.code.c_str()), "loading the kernels");
    require(hipModuleGetFunction(&play_, module, "litmus_play"), "finding litmus_play");
    require(hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking), "a stream");
    void* result = nullptr;
    require(hipHostMalloc(&result, sizeof(Result), hipHostMallocCoherent), "the result");
    result_ = static_cast<Result*>(result);
    *result_ = {state_idle, 0, 0};
  }

  void start(Side* theirs, Side* ours, uint32_t serves) {
    void* on_device = nullptr;
    require(hipHostGetDevicePointer(&on_device, result_, 0), "the result");
    auto* result = static_cast<Result*>(on_device);
    uint32_t rounds = options_.rounds;
    Limits limits{ticks_a_second * options_.wait, polls_a_second * options_.wait};
    void* arguments[] = {&theirs, &ours, &result, &rounds, &serves, &limits};
    require(hipModuleLaunchKernel(play_, 1, 1, 1, 1, 1, 1, 0, stream_, arguments, nullptr),
            "launching litmus_play");
  }

  Seen finish() {
    require(hipStreamSynchronize(stream_), "waiting for litmus_play");
    return {static_cast<State>(load_acquire(&result_->state)), result_->round, result_->seen};
  }

 private:
  const Options& options_;
  hipFunction_t play_ = nullptr;
  hipStream_t stream_ = nullptr;
  Result* result_ = nullptr;
};

// ---------------------------------------------------------------- what it means

std::string at_round(const Seen& seen, const Options& options) {
  return "in round " + std::to_string(seen.round) + " of " + std::to_string(options.rounds) +
         " (value " + std::to_string(seen.value) + ")";
}

[[noreturn]] void judge(const Seen& first, const char* first_name, const Seen& gpu,
                        const Options& options) {
  if (gpu.state == state_idle) {
    end_with("not-run", "the kernel was not executed", something_failed);
  }
  if (first.state == state_old_data) {
    end_with("old-data", std::string("seen by the ") + first_name + " " + at_round(first, options),
             something_failed);
  }
  if (gpu.state == state_old_data) {
    end_with("old-data", "seen by the GPU " + at_round(gpu, options), something_failed);
  }
  // Who waits for the lower round did not see: the other one has answered that already.
  if (first.state == state_not_seen && (gpu.state == state_done || first.round < gpu.round)) {
    end_with("not-seen", std::string("by the ") + first_name + " " + at_round(first, options),
             something_failed);
  }
  if (gpu.state != state_done) {
    end_with("not-seen", "by the GPU " + at_round(gpu, options), something_failed);
  }
  end_with("coherent", std::to_string(options.rounds) + " rounds", all_well);
}

// ---------------------------------------------------------------- memory

using Take = decltype(&litmus_take);
using GiveBack = decltype(&litmus_give_back);

struct Source {
  Take take = litmus_take;
  GiveBack give_back = litmus_give_back;
};

Source source_of(const Options& options) {
  Source source;
  if (!options.caller.empty()) {
    void* library = dlopen(options.caller.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      end_with("failed", dlerror(), something_failed);
    }
    source.take = reinterpret_cast<Take>(dlsym(library, "litmus_take"));
    source.give_back = reinterpret_cast<GiveBack>(dlsym(library, "litmus_give_back"));
    if (source.take == nullptr || source.give_back == nullptr) {
      end_with("failed", options.caller + " has no litmus_take", something_failed);
    }
  }
  return source;
}

bool is_vram(LitmusKind kind) {
  return kind == litmus_vram || kind == litmus_vram_finegrained || kind == litmus_vram_uncached;
}

/// Asked of the kernel, which answers EFAULT and not with a signal.
bool cpu_can_read(const void* address) {
  int ends[2];
  if (pipe(ends) != 0) {
    return false;
  }
  const bool readable = write(ends[1], address, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return readable;
}

Board* clear(const Case& one, const LitmusMemory& memory) {
  if (is_vram(one.kind)) {
    require(hipMemset(memory.device, 0, memory.size), "hipMemset");
    require(hipDeviceSynchronize(), "hipMemset");
    if (!cpu_can_read(memory.host)) {
      end_with("unavailable", "the CPU cannot map this VRAM (no large BAR)", something_failed);
    }
  } else {
    std::memset(memory.host, 0, sizeof(Board));
  }
  return static_cast<Board*>(memory.host);
}

// ---------------------------------------------------------------- two processes

/// Behind the board, in a page of its own; written by CPUs alone.
struct Meeting {
  uint32_t here[2];
};
constexpr size_t meeting_offset = 8192;

void meet(void* shared, unsigned me, std::chrono::seconds patience) {
  auto* meeting = reinterpret_cast<Meeting*>(static_cast<char*>(shared) + meeting_offset);
  __atomic_store_n(&meeting->here[me], 1, __ATOMIC_RELEASE);
  if (!wait_for(&meeting->here[1 - me], 1, patience)) {
    end_with("failed", "the other process did not start", something_failed);
  }
}

/// What result_of_peer() reads.
[[noreturn]] void answer(const Seen& seen) {
  static_cast<void>(
      std::printf("%u %u %u\n", static_cast<unsigned>(seen.state), seen.round, seen.value));
  static_cast<void>(std::fflush(stdout));
  _exit(0);
}

/// The partner that needs no GPU: it serves.
[[noreturn]] void run_cpu_peer(const Case& one, const Options& options) {
  const int file = shm_open(options.shared.c_str(), O_RDWR | O_CLOEXEC, 0600);
  void* shared = file < 0
                     ? MAP_FAILED
                     : mmap(nullptr, size_of(one), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (shared == MAP_FAILED) {
    end_with("failed", "the other process cannot map /dev/shm", something_failed);
  }
  meet(shared, 1, std::chrono::seconds(options.limit));
  auto* board = static_cast<Board*>(shared);
  const Seen seen = play_on_cpu(board->gpu, board->host, options);
  answer(seen);
}

[[noreturn]] void run_with_other_process(const Case& one, const Options& options);

/// Before this process uses HIP, which does not survive a fork.
FILE* start_peer(const Case& one, const Options& options) {
  int ends[2];
  if (pipe(ends) != 0) {
    end_with("failed", "pipe", something_failed);
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    // Where that process ends for want of a GPU, perhaps already, nobody is to be waited for.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(0);
    }
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    Options peer = options;
    peer.is_peer = true;
    peer.device = options.peer_device;
    run_with_other_process(one, peer);
  }
  close(ends[1]);
  return fdopen(ends[0], "r");
}

Seen result_of_peer(FILE* peer) {
  char line[512] = {};
  unsigned state = 0;
  Seen seen;
  const bool answered = std::fgets(line, sizeof line, peer) != nullptr;
  // NOLINTNEXTLINE(cert-err34-c): the numbers are those of answer()
  const int numbers = std::sscanf(line, "%u %u %u", &state, &seen.round, &seen.value);
  if (!answered || numbers != 3) {
    line[std::strcspn(line, "\n")] = '\0';
    end_with("failed", std::string("the other process: ") + (*line != '\0' ? line : "no answer"),
             something_failed);
  }
  seen.state = static_cast<State>(state);
  return seen;
}

void choose_device(const Options& options) {
  int count = 0;
  require(hipGetDeviceCount(&count), "hipGetDeviceCount");
  int device = options.device;
  if (device == -1) {  // a peer, left to choose
    device = count > 1 ? 1 : 0;
  }
  if (device >= count) {
    end_with("unavailable", "there is no GPU " + std::to_string(device), no_gpu);
  }
  require(hipSetDevice(device), "hipSetDevice");
}

[[noreturn]] void run_with_other_process(const Case& one, const Options& options) {
  const bool kernel_peer = one.partner == Partner::gpu_of_other_process;
  if (options.is_peer && !kernel_peer) {
    run_cpu_peer(one, options);
  }
  FILE* peer = nullptr;
  if (!options.is_peer) {
    // Made before the peer looks for it.
    const int file = shm_open(options.shared.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size_of(one))) != 0) {
      end_with("unavailable", "no shared memory in /dev/shm", something_failed);
    }
    close(file);
    peer = start_peer(one, options);
  }
  choose_device(options);
  const Source source = source_of(options);
  LitmusMemory memory{};
  require(source.take(one.kind, size_of(one), options.shared.c_str(), &memory), one.name);
  Kernel kernel(options);
  auto* device = static_cast<Board*>(memory.device);
  meet(memory.host, options.is_peer ? 1 : 0, std::chrono::seconds(options.limit));
  // With two kernels the peer serves from the host's side of the board.
  if (options.is_peer) {
    kernel.start(&device->gpu, &device->host, 1);
    const Seen seen = kernel.finish();
    answer(seen);
  }
  kernel.start(&device->host, &device->gpu, 0);
  const Seen gpu = kernel.finish();
  judge(result_of_peer(peer), kernel_peer ? "other process's GPU" : "other process's CPU", gpu,
        options);
}

}  // namespace

int run_child(const Options& options) {
  const Case& one = *find_case(options.child);
  if (one.partner != Partner::cpu && !options.allocate_only) {
    run_with_other_process(one, options);
  }
  choose_device(options);
  const Source source = source_of(options);
  LitmusMemory memory{};
  const char* shared = one.partner == Partner::cpu ? nullptr : options.shared.c_str();
  require(source.take(one.kind, size_of(one), shared, &memory), one.name);
  if (options.allocate_only) {
    char text[64];
    static_cast<void>(
        std::snprintf(text, sizeof text, "%zu bytes at %p", memory.size, memory.host));
    source.give_back(one.kind, &memory);
    end_with("allocated", text, all_well);
  }
  Kernel kernel(options);
  Board* board = clear(one, memory);
  auto* device = static_cast<Board*>(memory.device);
  kernel.start(&device->host, &device->gpu, 0);
  const Seen cpu = play_on_cpu(board->gpu, board->host, options);
  judge(cpu, "CPU", kernel.finish(), options);
}

}  // namespace rocmfix::litmus
