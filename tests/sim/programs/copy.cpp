// SPDX-License-Identifier: MIT
// Copies and fills in every direction and by every path of the runtime, and checks each byte.
// Prints "ok NAME" for each; ends with 1 at the first that is wrong.
#include <algorithm>
#include <vector>

#include "probe.hpp"

namespace {

using Bytes = std::vector<unsigned char>;

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(i * 7 + i / 251 + seed);
  }
  return bytes;
}

Bytes fetch(const void* device, size_t size) {
  Bytes bytes(size);
  REQUIRE(hipMemcpy(bytes.data(), device, size, hipMemcpyDeviceToHost));
  return bytes;
}

void ok(const char* name) {
  std::printf("ok %s\n", name);
  std::fflush(stdout);
}

// Sizes on both sides of the runtime's thresholds for staging and pinning, odd ones too.
void check_directions() {
  for (const size_t size : {1UL, 5UL, 4096UL, 65537UL, 3UL << 20U, (16UL << 20U) + 3}) {
    void* a = nullptr;
    void* b = nullptr;
    REQUIRE(hipMalloc(&a, size));
    REQUIRE(hipMalloc(&b, size));
    const Bytes want = pattern(size, 1);
    REQUIRE(hipMemcpy(a, want.data(), size, hipMemcpyHostToDevice));
    probe::require(fetch(a, size) == want, "host to device and back");
    REQUIRE(hipMemcpy(b, a, size, hipMemcpyDeviceToDevice));
    REQUIRE(hipDeviceSynchronize());
    probe::require(fetch(b, size) == want, "device to device");
    Bytes host(size);
    REQUIRE(hipMemcpy(host.data(), want.data(), size, hipMemcpyHostToHost));
    probe::require(host == want, "host to host");
    REQUIRE(hipFree(a));
    REQUIRE(hipFree(b));
  }
  ok("directions");
}

void check_offsets() {
  constexpr size_t size = 100000;
  void* a = nullptr;
  void* b = nullptr;
  REQUIRE(hipMalloc(&a, size));
  REQUIRE(hipMalloc(&b, size));
  Bytes want = pattern(size, 2);
  const Bytes source = pattern(size, 3);
  REQUIRE(hipMemcpy(a, source.data(), size, hipMemcpyHostToDevice));
  REQUIRE(hipMemcpy(b, want.data(), size, hipMemcpyHostToDevice));
  auto* const from = static_cast<unsigned char*>(a);
  auto* const to = static_cast<unsigned char*>(b);
  REQUIRE(hipMemcpy(to + 3, from + 1, 50001, hipMemcpyDeviceToDevice));
  std::copy_n(source.begin() + 1, 50001, want.begin() + 3);
  REQUIRE(hipDeviceSynchronize());
  probe::require(fetch(b, size) == want, "device to device at odd offsets");
  REQUIRE(hipFree(a));
  REQUIRE(hipFree(b));
  ok("offsets");
}

void check_fills() {
  constexpr size_t size = 300001;
  void* at = nullptr;
  REQUIRE(hipMalloc(&at, size + 3));
  auto* const bytes = static_cast<unsigned char*>(at);
  Bytes want = pattern(size, 4);
  REQUIRE(hipMemcpy(at, want.data(), size, hipMemcpyHostToDevice));
  REQUIRE(hipMemset(bytes + 5, 0xa5, 200000));
  std::fill_n(want.begin() + 5, 200000, static_cast<unsigned char>(0xa5));
  REQUIRE(hipDeviceSynchronize());
  probe::require(fetch(at, size) == want, "hipMemset");
  REQUIRE(hipMemsetD32(at, 0x01020304, 1000));
  for (size_t i = 0; i < 4000; ++i) {
    want[i] = static_cast<unsigned char>(4 - i % 4);
  }
  REQUIRE(hipMemsetD16(bytes + 8000, 0x0b0c, 777));
  for (size_t i = 0; i < 1554; ++i) {
    want[8000 + i] = i % 2 == 0 ? 0x0c : 0x0b;
  }
  REQUIRE(hipMemsetAsync(bytes + 299000, 0x11, 1001, nullptr));
  std::fill_n(want.begin() + 299000, 1001, static_cast<unsigned char>(0x11));
  REQUIRE(hipDeviceSynchronize());
  probe::require(fetch(at, size) == want, "hipMemsetD32, D16, Async");
  REQUIRE(hipFree(at));
  ok("fills");
}

void check_rectangles() {
  constexpr size_t width = 333;
  constexpr size_t height = 41;
  void* a = nullptr;
  void* b = nullptr;
  size_t pitch_a = 0;
  size_t pitch_b = 0;
  REQUIRE(hipMallocPitch(&a, &pitch_a, width, height));
  REQUIRE(hipMallocPitch(&b, &pitch_b, width + 100, height));
  const Bytes want = pattern(width * height, 5);
  Bytes got(width * height);
  REQUIRE(hipMemcpy2D(a, pitch_a, want.data(), width, width, height, hipMemcpyHostToDevice));
  REQUIRE(hipMemcpy2D(b, pitch_b, a, pitch_a, width, height, hipMemcpyDeviceToDevice));
  REQUIRE(hipMemcpy2D(got.data(), width, b, pitch_b, width, height, hipMemcpyDeviceToHost));
  REQUIRE(hipDeviceSynchronize());
  probe::require(got == want, "hipMemcpy2D there, across and back");
  REQUIRE(hipMemset2D(b, pitch_b, 0x77, width, height));
  REQUIRE(hipMemcpy2D(got.data(), width, b, pitch_b, width, height, hipMemcpyDeviceToHost));
  REQUIRE(hipDeviceSynchronize());
  probe::require(got == Bytes(width * height, 0x77), "hipMemset2D");
  REQUIRE(hipFree(a));
  REQUIRE(hipFree(b));
  ok("rectangles");
}

void check_pinned_and_managed() {
  constexpr size_t size = 2U << 20U;
  void* device = nullptr;
  void* pinned = nullptr;
  void* managed = nullptr;
  REQUIRE(hipMalloc(&device, size));
  REQUIRE(hipHostMalloc(&pinned, size, 0));
  REQUIRE(hipMallocManaged(&managed, size));
  const Bytes want = pattern(size, 6);
  std::memcpy(pinned, want.data(), size);
  hipStream_t stream = nullptr;
  hipEvent_t event = nullptr;
  REQUIRE(hipStreamCreate(&stream));
  REQUIRE(hipEventCreate(&event));
  REQUIRE(hipMemcpyAsync(device, pinned, size, hipMemcpyHostToDevice, stream));
  REQUIRE(hipMemcpyAsync(managed, device, size, hipMemcpyDefault, stream));
  REQUIRE(hipEventRecord(event, stream));
  REQUIRE(hipEventSynchronize(event));
  REQUIRE(hipStreamSynchronize(stream));
  probe::require(std::memcmp(managed, want.data(), size) == 0, "pinned to device to managed");
  REQUIRE(hipMemset(managed, 0x3c, size));
  REQUIRE(hipDeviceSynchronize());
  probe::require(static_cast<unsigned char*>(managed)[size - 1] == 0x3c, "hipMemset of managed");
  REQUIRE(hipEventDestroy(event));
  REQUIRE(hipStreamDestroy(stream));
  REQUIRE(hipFree(device));
  REQUIRE(hipHostFree(pinned));
  REQUIRE(hipFree(managed));
  ok("pinned and managed");
}

// As many as there are devices: from one to the other.
void check_peers() {
  int count = 0;
  REQUIRE(hipGetDeviceCount(&count));
  if (count < 2) {
    return;
  }
  constexpr size_t size = (1U << 20U) + 17;
  const Bytes want = pattern(size, 7);
  void* a = nullptr;
  void* b = nullptr;
  REQUIRE(hipSetDevice(0));
  REQUIRE(hipMalloc(&a, size));
  REQUIRE(hipMemcpy(a, want.data(), size, hipMemcpyHostToDevice));
  REQUIRE(hipSetDevice(1));
  REQUIRE(hipMalloc(&b, size));
  REQUIRE(hipMemcpyPeer(b, 1, a, 0, size));
  REQUIRE(hipDeviceSynchronize());
  probe::require(fetch(b, size) == want, "hipMemcpyPeer");
  REQUIRE(hipFree(b));
  REQUIRE(hipSetDevice(0));
  REQUIRE(hipFree(a));
  ok("peers");
}

}  // namespace

int main() {
  check_directions();
  check_offsets();
  check_fills();
  check_rectangles();
  check_pinned_and_managed();
  check_peers();
  return 0;
}
