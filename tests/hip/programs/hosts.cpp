// SPDX-License-Identifier: MIT
// hosts WHAT: processes that use HIP in awkward ways. The last line is "well" if all went well.
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "hip.hpp"

namespace {

constexpr size_t size = 3 << 20;

void use() {
  void* device = nullptr;
  void* host = nullptr;
  check(hipMalloc(&device, size));
  check(hipHostMalloc(&host, size, 0));
  memset(host, 3, size);
  check(hipMemcpy(device, host, size, hipMemcpyHostToDevice));
  check(hipFree(device));
  check(hipHostFree(host));
}

bool wanted(const char* what) {
  // Before main there is no argv.
  char line[4096] = {};
  FILE* file = fopen("/proc/self/cmdline", "r");
  const size_t length = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  return strlen(line) + 1 < length && strcmp(line + strlen(line) + 1, what) == 0;
}

struct BeforeMain {
  BeforeMain() {
    if (wanted("static-constructor")) {
      use();
    }
  }
  ~BeforeMain() {
    if (wanted("static-constructor")) {
      void* p = nullptr;
      (void)hipMalloc(&p, size);  // may fail by now, must not crash
    }
  }
} before_main;

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void fork_before() {
  const pid_t child = fork();
  if (child == 0) {
    use();
    _exit(0);
  }
  use();
  if (wait_for(child) != 0) {
    _Exit(1);
  }
}

void fork_after() {
  use();
  void* kept = nullptr;
  check(hipMalloc(&kept, size));
  for (int i = 0; i < 20; ++i) {
    // Somebody holds the ledger's locks while we fork.
    std::thread busy([] {
      for (int k = 0; k < 20; ++k) {
        void* p = nullptr;
        check(hipMalloc(&p, 4096));
        check(hipFree(p));
      }
    });
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      // As Python's multiprocessing: the child runs on and ends by _exit.
      void* p = nullptr;
      (void)hipHostGetDevicePointer(&p, nullptr, 0);
      _exit(0);
    }
    busy.join();
    if (wait_for(child) != 0) {
      _Exit(1);
    }
  }
  check(hipFree(kept));
}

void get_proc_address() {
  using Get = hipError_t (*)(const char*, void**, int, uint64_t, void*);
  const auto get = reinterpret_cast<Get>(dlsym(RTLD_DEFAULT, "hipGetProcAddress"));
  void* function = nullptr;
  int status = 0;
  if (get == nullptr || get("hipHostMalloc", &function, 600, 0, &status) != hipSuccess) {
    _Exit(1);
  }
  void* p = nullptr;
  check(reinterpret_cast<hipError_t (*)(void**, size_t, unsigned)>(function)(&p, 5 << 20, 0));
  check(hipHostFree(p));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "fork-before") {
    fork_before();
  } else if (what == "fork-after") {
    fork_after();
  } else if (what == "at-exit") {
    use();
    atexit([] {
      void* p = nullptr;
      (void)hipMalloc(&p, size);
      (void)hipFree(p);
    });
  } else if (what == "reinit") {
    use();
    check(hipDeviceReset());
    use();
  } else if (what == "threads-at-exit") {
    // Threads that are in HIP while the process ends.
    for (int i = 0; i < 4; ++i) {
      std::thread([] {
        for (;;) {
          void* p = nullptr;
          (void)hipHostMalloc(&p, 4096, 0);
          (void)hipHostFree(p);
        }
      }).detach();
    }
    usleep(200 * 1000);
    puts("well");
    fflush(stdout);
    _exit(0);
  } else if (what == "get-proc-address") {
    get_proc_address();
  } else if (what != "static-constructor") {
    fprintf(stderr, "no such host\n");
    return 2;
  }
  puts("well");
  return 0;
}
