// SPDX-License-Identifier: MIT
// Dispatches a kernel that is not the runtime's own: compiled here, by the runtime's own compiler.
// Which one is its argument: add (the default), barrier, loop, trap, illegal, scratch, itself.
#include "probe.hpp"

// After probe.hpp, which says that the platform is AMD's.
#include <hip/hiprtc.h>

#include <string>
#include <vector>

namespace {

// `at` has 512 words; each work-item's own is its number.
std::string source_of(const std::string& what) {
  const std::string begin =
      R"(extern "C" __global__ void changes(int* at) { int i = blockIdx.x * blockDim.x + threadIdx.x; )";
  if (what == "barrier") {
    return begin +
           "__shared__ int s[256]; s[threadIdx.x] = at[i]; __syncthreads(); "
           "at[i] = s[255 - threadIdx.x] + 1; }";
  }
  if (what == "loop") {
    return begin + "while (*(volatile int*)at != -1) {} at[i] = 0; }";
  }
  if (what == "trap") {
    return begin + "if (i == 300) __builtin_trap(); at[i] = 0; }";
  }
  if (what == "illegal") {
    return begin + "asm volatile(\".long 0xffffffff\"); at[i] = 0; }";
  }
  if (what == "scratch") {
    return begin +
           "volatile int t[64]; for (int k = 0; k < 64; ++k) t[k] = at[i] * k; "
           "at[i] = t[at[i] & 63] + t[1]; }";
  }
  if (what == "itself") {
    // Adds a constant of its code, and makes another of it for the next time. What to look for
    // comes from memory, so that it is nowhere else in the code.
    return begin +
           "unsigned add; unsigned* code; asm volatile(\"s_getpc_b64 %0\" : \"=s\"(code)); "
           "asm volatile(\"v_mov_b32 %0, 0x5a5\" : \"=v\"(add)); "
           "if (i == 0) for (int k = -64; k < 256; ++k) if (code[k] == (unsigned)at[511] + 0x3a6) "
           "code[k] = 5; "
           "if (i < 511) at[i] += add; }";
  }
  return begin + "at[i] += 5; }";
}

int expected(const std::string& what, int i) {
  return what == "itself"    ? (i < 511 ? i + 0x5a5 + 5 : i)
         : what == "barrier" ? i / 256 * 256 + 255 - i % 256 + 1
         : what == "scratch" ? i * (i & 63) + i
                             : i + 5;
}

std::vector<char> compile(const std::string& source) {
  hipDeviceProp_t properties;
  REQUIRE(hipGetDeviceProperties(&properties, 0));
  const std::string target = std::string("--offload-arch=") + properties.gcnArchName;
  const char* options[] = {target.c_str()};
  hiprtcProgram program = nullptr;
  probe::require(hiprtcCreateProgram(&program, source.c_str(), "changes", 0, nullptr, nullptr) ==
                     HIPRTC_SUCCESS,
                 "hiprtcCreateProgram");
  probe::require(hiprtcCompileProgram(program, 1, options) == HIPRTC_SUCCESS,
                 "hiprtcCompileProgram");
  size_t size = 0;
  hiprtcGetCodeSize(program, &size);
  std::vector<char> code(size);
  hiprtcGetCode(program, code.data());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "add";
  const std::vector<char> code = compile(source_of(what));
  hipModule_t module = nullptr;
  hipFunction_t function = nullptr;
  REQUIRE(hipModuleLoadData(&module, code.data()));
  REQUIRE(hipModuleGetFunction(&function, module, "changes"));
  std::vector<int> words(512);
  for (int i = 0; i < 512; ++i) {
    words[static_cast<size_t>(i)] = i;
  }
  void* at = nullptr;
  REQUIRE(hipMalloc(&at, 2048));
  REQUIRE(hipMemcpy(at, words.data(), 2048, hipMemcpyHostToDevice));
  void* arguments[] = {&at};
  for (int launch = 0; launch < (what == "itself" ? 2 : 1); ++launch) {
    REQUIRE(hipModuleLaunchKernel(function, 2, 1, 1, 256, 1, 1, 0, nullptr, arguments, nullptr));
    REQUIRE(hipDeviceSynchronize());
  }
  std::printf("the kernel is reported as done\n");
  REQUIRE(hipMemcpy(words.data(), at, 2048, hipMemcpyDeviceToHost));
  int wrong = 0;
  for (int i = 0; i < 512; ++i) {
    wrong += words[static_cast<size_t>(i)] == expected(what, i) ? 0 : 1;
  }
  std::printf("%d wrong\n", wrong);
  return 0;
}
