// SPDX-License-Identifier: MIT
// fault CASE: allocates, has the simulator raise a GPU memory fault at an address that stands in
// the case's relation to an allocation, and waits for the runtime to abort. Exit status 4: it did
// not.
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "hip.hpp"
#include "ledger/live_blocks.hpp"

namespace {

constexpr size_t size = 3 << 20;

struct Gap {
  uintptr_t start;
  uintptr_t end;
  bool taken;
};

/// Whether the interposer knows of nothing in the megabyte behind: so that "past the end" is no
/// other block. Without the interposer it does not matter.
bool is_free(uintptr_t start, uintptr_t end) {
  const auto visit = reinterpret_cast<decltype(&rocmfix_hip_live_blocks)>(
      dlsym(RTLD_DEFAULT, "rocmfix_hip_live_blocks"));
  Gap gap{start, end, false};
  if (visit != nullptr) {
    visit(
        [](void* context, const RocmfixLiveBlock* block) {
          Gap& wanted = *static_cast<Gap*>(context);
          wanted.taken |=
              block->address < wanted.end && wanted.start < block->address + block->size;
        },
        &gap);
  }
  return !gap.taken;
}

/// Address space with a hole for the block, and nobody's on both sides of it.
void make_room() {
  constexpr size_t side = 8 << 20;
  constexpr size_t hole = size + (5 << 20);
  void* room = mmap(nullptr, side + hole + side, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room != MAP_FAILED) {
    munmap(static_cast<char*>(room) + side, hole);
  }
}

void* allocate(bool host) {
  check(hipInit(0));
  for (int i = 0; i < 300; ++i) {
    void* block = nullptr;
    make_room();
    check(host ? hipHostMalloc(&block, size, 0) : hipMalloc(&block, size));
    const auto start = reinterpret_cast<uintptr_t>(block);
    if (is_free(start + size, start + size + (3 << 20)) && is_free(start - (1 << 20), start)) {
      return block;
    }
  }
  fprintf(stderr, "no block with room around it\n");
  exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string which = argc > 1 ? argv[1] : "";
  const auto control =
      reinterpret_cast<int (*)(const char*)>(dlsym(RTLD_DEFAULT, "rocmfix_sim_control"));
  if (control == nullptr) {
    fprintf(stderr, "no simulator\n");
    return 2;
  }
  const bool host = argc > 2 && strcmp(argv[2], "host") == 0;
  void* block = allocate(host);
  const auto start = reinterpret_cast<uintptr_t>(block);
  uintptr_t address = 0;
  const char* exact = "true";
  if (which == "inside") {
    address = start + (1 << 20);
  } else if (which == "past-1") {
    address = start + size;
  } else if (which == "past-4k") {
    address = start + size + 4096;
  } else if (which == "past-1m") {
    address = start + size + (1 << 20);
  } else if (which == "before") {
    address = start - 4096;
  } else if (which == "freed-now" || which == "freed-long-ago") {
    address = start + (1 << 20);
    check(host ? hipHostFree(block) : hipFree(block));
    if (which == "freed-long-ago") {
      usleep(1200 * 1000);
    }
  } else if (which == "never-mapped") {
    address = 0x123456789000;
  } else if (which == "nil") {
    address = 0;
  } else if (which == "page") {  // as the hardware reports it: the page of the byte
    address = start + size + 10;
    exact = "false";
  } else {
    fprintf(stderr, "no such case\n");
    return 2;
  }
  printf("{\"start\": \"0x%lx\", \"size\": %zu, \"address\": \"0x%lx\"}\n", start, size, address);
  fflush(stdout);
  char command[160];
  snprintf(command, sizeof command, R"({"fault": "memory", "address": "0x%lx", "exact": %s})",
           address, exact);
  if (control(command) != 0) {
    return 2;
  }
  sleep(20);
  return 4;
}
