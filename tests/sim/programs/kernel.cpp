// SPDX-License-Identifier: MIT
// Dispatches a kernel that the simulator does not know: compiled here, by the runtime's own
// compiler.
#include "probe.hpp"

// After probe.hpp, which says that the platform is AMD's.
#include <hip/hiprtc.h>

#include <vector>

int main() {
  hipDeviceProp_t properties;
  REQUIRE(hipGetDeviceProperties(&properties, 0));
  const std::string target = std::string("--offload-arch=") + properties.gcnArchName;
  const char* options[] = {target.c_str()};
  hiprtcProgram program = nullptr;
  const char* const source = R"(extern "C" __global__ void add_one(int* at) { *at += 1; })";
  probe::require(
      hiprtcCreateProgram(&program, source, "add_one", 0, nullptr, nullptr) == HIPRTC_SUCCESS,
      "hiprtcCreateProgram");
  probe::require(hiprtcCompileProgram(program, 1, options) == HIPRTC_SUCCESS,
                 "hiprtcCompileProgram");
  size_t size = 0;
  hiprtcGetCodeSize(program, &size);
  std::vector<char> code(size);
  hiprtcGetCode(program, code.data());
  hipModule_t module = nullptr;
  hipFunction_t function = nullptr;
  REQUIRE(hipModuleLoadData(&module, code.data()));
  REQUIRE(hipModuleGetFunction(&function, module, "add_one"));
  void* at = nullptr;
  REQUIRE(hipMalloc(&at, 4096));
  void* arguments[] = {&at};
  REQUIRE(hipModuleLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr));
  REQUIRE(hipDeviceSynchronize());
  std::printf("the kernel is reported as done\n");
  return 0;
}
