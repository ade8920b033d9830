// SPDX-License-Identifier: MIT
// hang HOW: works for a moment, has the simulator's GPU hang, and waits for it in the way that is
// named. Exit status 4: the wait returned.
#include <dlfcn.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "hip.hpp"

namespace {

constexpr size_t size = 1 << 20;

int wait_for_it(const std::string& how, void* block, void* host, hipStream_t stream) {
  if (how == "stream") {
    return hipStreamSynchronize(stream);
  }
  if (how == "device") {
    return hipDeviceSynchronize();
  }
  if (how == "event") {
    hipEvent_t event = nullptr;
    check(hipEventCreate(&event));
    check(hipEventRecord(event, stream));
    return hipEventSynchronize(event);
  }
  if (how == "copy") {
    return hipMemcpy(host, block, size, hipMemcpyDeviceToHost);
  }
  if (how == "thread") {  // the main thread waits for the one that waits
    int result = 0;
    std::thread([&] { result = hipStreamSynchronize(stream); }).join();
    return result;
  }
  fprintf(stderr, "no such wait\n");
  exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  const auto control =
      reinterpret_cast<int (*)(const char*)>(dlsym(RTLD_DEFAULT, "rocmfix_sim_control"));
  if (control == nullptr) {
    fprintf(stderr, "no simulator\n");
    return 2;
  }
  void* block = nullptr;
  void* host = nullptr;
  hipStream_t stream = nullptr;
  check(hipMalloc(&block, size));
  check(hipHostMalloc(&host, size, 0));
  check(hipStreamCreate(&stream));
  for (int i = 0; i < 3; ++i) {
    check(hipMemcpyAsync(host, block, size, hipMemcpyDeviceToHost, stream));
    check(hipStreamSynchronize(stream));
  }
  if (how == "none") {  // as long as a limit, with work now and then
    for (int i = 0; i < 40; ++i) {
      check(hipMemcpyAsync(host, block, size, hipMemcpyDeviceToHost, stream));
      check(hipStreamSynchronize(stream));
      usleep(100 * 1000);
    }
    return 0;
  }
  if (how == "idle") {  // busy with something else, and in no call
    sleep(4);
    return 0;
  }
  if (control(argc > 2 ? argv[2] : R"({"fault": "hang"})") != 0) {
    return 2;
  }
  check(hipMemcpyAsync(host, block, size, hipMemcpyDeviceToHost, stream));
  printf("waits\n");
  fflush(stdout);
  const int result = wait_for_it(how, block, host, stream);
  fprintf(stderr, "the wait returned %d\n", result);
  return 4;
}
