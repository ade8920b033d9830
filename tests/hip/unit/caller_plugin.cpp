// SPDX-License-Identifier: MIT
// A library that calls somebody who wants to know who calls: as HIP is called.
extern "C" __attribute__((visibility("default"))) void plugin_ask(void (*asked)(const void*));

namespace {

__attribute__((noinline)) void call(void (*asked)(const void*)) {
  asked(__builtin_extract_return_addr(__builtin_return_address(0)));
}

}  // namespace

void plugin_ask(void (*asked)(const void*)) {
  call(asked);
  asm volatile("" ::: "memory");  // else the call is a jump, and the return address our caller's
}
