// SPDX-License-Identifier: MIT
// fork() with a runtime that is up. With the argument "used": the child uses what it inherited,
// which KFD refuses (EBADF). With "exec": the child re-executes itself and has a GPU of its own.
// The parent continues in both.
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "probe.hpp"

namespace {

void use_gpu() {
  void* at = nullptr;
  char byte = 7;
  char back = 0;
  REQUIRE(hipMalloc(&at, 4096));
  REQUIRE(hipMemcpy(at, &byte, 1, hipMemcpyHostToDevice));
  REQUIRE(hipMemcpy(&back, at, 1, hipMemcpyDeviceToHost));
  probe::require(back == 7, "a byte there and back");
  REQUIRE(hipFree(at));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "fresh") {
    use_gpu();
    std::printf("child has a GPU of its own\n");
    return 0;
  }
  use_gpu();
  // A descriptor of our own, to see what KFD itself says in the child.
  const int kfd = open("/dev/kfd", O_RDWR);
  probe::require(kfd >= 0, "open /dev/kfd");
  struct Version {
    __u32 major, minor;
  } version{};
  constexpr unsigned long get_version = _IOR('K', 0x01, Version);
  probe::require(ioctl(kfd, get_version, &version) == 0, "version in the parent");
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (what == "exec") {
      execl("/proc/self/exe", argv[0], "fresh", nullptr);
      _exit(127);
    }
    const int result = ioctl(kfd, get_version, &version);
    std::printf("child: %d %s\n", result, result < 0 && errno == EBADF ? "EBADF" : "?");
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("child ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  use_gpu();
  std::printf("parent continues\n");
  return 0;
}
