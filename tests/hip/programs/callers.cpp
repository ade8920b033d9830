// SPDX-License-Identifier: MIT
// callers WHAT DIRECTORY: memory of each kind, asked for by the libraries there that asker.cpp was
// built as. A line of JSON a call, as allocations.cpp prints them.
#include <dlfcn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "hip.hpp"

namespace {

size_t next_size = 3 << 20;
uint64_t begun = 0;

uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

size_t size() {
  begun = now();
  return next_size += 68 << 10;
}

void line(const std::string& call, const void* pointer, size_t bytes) {
  printf(
      "{\"call\": \"%s\", \"error\": \"hipSuccess\", \"address\": \"0x%lx\", \"size\": %zu, "
      "\"time\": [%lu, %lu]}\n",
      call.c_str(), reinterpret_cast<uintptr_t>(pointer), bytes, begun, now());
  fflush(stdout);
}

class Asker {
 public:
  Asker(const std::string& directory, const std::string& name)
      : name_(name), handle_(dlopen((directory + "/" + name).c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) {
      fprintf(stderr, "%s\n", dlerror());
      _exit(3);
    }
  }
  ~Asker() { dlclose(handle_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  Asker(Asker&&) = delete;
  Asker& operator=(Asker&&) = delete;

  void host(const char* flags_name, unsigned flags) const {
    const size_t n = size();
    void* p = get<void*(size_t, unsigned)>("ask_host")(n, flags);
    line(name_ + " host " + flags_name, p, n);
    get<void(void*)>("give_back_host")(p);
  }
  void managed() const {
    const size_t n = size();
    void* p = get<void*(size_t)>("ask_managed")(n);
    line(name_ + " managed", p, n);
    get<void(void*)>("give_back_managed")(p);
  }
  void registered(const char* kind, const char* shared) const {
    const size_t n = size();
    void* p = get<void*(size_t, const char*)>("ask_registered")(n, shared);
    line(name_ + " registered " + kind, p, n);
    get<void(void*, size_t)>("give_back_registered")(p, n);
  }
  [[nodiscard]] void* address() const { return dlsym(handle_, "ask_host"); }

 private:
  template <class Function>
  Function* get(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle_, name));
  }
  std::string name_;
  void* handle_;
};

void ask_everything(const Asker& asker) {
  const std::string shared = "/rocmfix-callers-" + std::to_string(getpid());
  asker.host("0", 0);
  asker.host("Mapped", hipHostMallocMapped);
  asker.host("Coherent", hipHostMallocCoherent);
  asker.managed();
  asker.registered("private", nullptr);
  asker.registered("shared", "");
  asker.registered("/dev/shm", shared.c_str());
}

// The loader gives a library the addresses of the one that was closed before.
bool reopen(const std::string& directory) {
  bool reused = false;
  const void* before = nullptr;
  for (int i = 0; i < 10; ++i) {
    const Asker asker(directory, i % 2 == 0 ? "librccl.so.1" : "libother.so");
    asker.host(std::to_string(i).c_str(), 0);
    reused = reused || asker.address() == before;
    before = asker.address();
  }
  return reused;
}

bool in_child(const std::string& directory) {
  const Asker inherited(directory, "librccl.so.1");
  const pid_t child = fork();
  if (child == 0) {
    inherited.host("inherited", 0);
    Asker(directory, "libother.so").host("in the child", 0);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    return 2;
  }
  const std::string what = argv[1];
  const std::string directory = argv[2];
  if (what == "fork") {
    return in_child(directory) ? 0 : 1;
  }
  check(hipInit(0));
  if (what == "reopen") {
    return reopen(directory) ? 0 : 1;
  }
  for (const char* name : {"librccl.so.1", "renamed.so", "libother.so"}) {
    ask_everything(Asker(directory, name));
  }
  while (what == "fault") {  // until the simulator's scenario has counted enough
    Asker(directory, "libother.so").host("0", 0);
    usleep(1000);
  }
  return 0;
}
