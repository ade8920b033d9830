// SPDX-License-Identifier: MIT
// Scans, a reduction and a sort by rocPRIM, for several sizes, compared with the C++ library's:
// prints how many elements are wrong. Look-back between workgroups, DPP, LDS and atomics, as
// libraries use them.
#include <rocprim/rocprim.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

namespace {

using Words = std::vector<unsigned>;

void require(hipError_t error, const char* what) {
  if (error != hipSuccess) {
    std::printf("%s: %s\n", what, hipGetErrorString(error));
    std::exit(2);
  }
}

struct Buffer {
  void* at = nullptr;
  explicit Buffer(size_t bytes) {
    require(hipMalloc(&at, std::max<size_t>(bytes, 4)), "hipMalloc");
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { (void)hipFree(at); }
  [[nodiscard]] unsigned* words() const { return static_cast<unsigned*>(at); }
};

// As rocPRIM has it: called once for the size of what it needs, once to do it.
template <class Primitive>
Words on_gpu(const Words& in, Primitive primitive) {
  const Buffer from(in.size() * 4);
  const Buffer to(in.size() * 4);
  require(hipMemcpy(from.at, in.data(), in.size() * 4, hipMemcpyHostToDevice), "to the GPU");
  size_t size = 0;
  require(primitive(nullptr, size, from.words(), to.words()), "the size");
  const Buffer scratch(size);
  require(primitive(scratch.at, size, from.words(), to.words()), "the primitive");
  Words out(in.size());
  require(hipMemcpy(out.data(), to.at, out.size() * 4, hipMemcpyDeviceToHost), "from the GPU");
  return out;
}

int report(const char* what, const Words& got, const Words& wanted) {
  int wrong = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    wrong += got[i] == wanted[i] ? 0 : 1;
  }
  std::printf("%s of %zu: %d wrong\n", what, got.size(), wrong);
  return wrong;
}

int check(size_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  Words in(count);
  std::generate(in.begin(), in.end(), [&] { return static_cast<unsigned>(random()); });
  Words wanted(count);

  std::partial_sum(in.begin(), in.end(), wanted.begin());
  int wrong = report("inclusive_scan",
                     on_gpu(in,
                            [&](void* scratch, size_t& size, unsigned* from, unsigned* to) {
                              return rocprim::inclusive_scan(scratch, size, from, to, count,
                                                             rocprim::plus<unsigned>());
                            }),
                     wanted);

  std::exclusive_scan(in.begin(), in.end(), wanted.begin(), 7U);
  wrong += report("exclusive_scan",
                  on_gpu(in,
                         [&](void* scratch, size_t& size, unsigned* from, unsigned* to) {
                           return rocprim::exclusive_scan(scratch, size, from, to, 7U, count,
                                                          rocprim::plus<unsigned>());
                         }),
                  wanted);

  wrong += report("reduce",
                  on_gpu(in,
                         [&](void* scratch, size_t& size, unsigned* from, unsigned* to) {
                           return rocprim::reduce(scratch, size, from, to, count,
                                                  rocprim::maximum<unsigned>());
                         }),
                  {*std::max_element(in.begin(), in.end())});

  wanted = in;
  std::sort(wanted.begin(), wanted.end());
  wrong += report("radix_sort_keys",
                  on_gpu(in,
                         [&](void* scratch, size_t& size, unsigned* from, unsigned* to) {
                           return rocprim::radix_sort_keys(scratch, size, from, to, count);
                         }),
                  wanted);
  return wrong;
}

}  // namespace

int main() {
  int wrong = 0;
  for (const size_t count : {1U, 63U, 1000U, 70001U}) {
    wrong += check(count);
  }
  return wrong == 0 ? 0 : 1;
}
