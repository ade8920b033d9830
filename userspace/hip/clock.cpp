// SPDX-License-Identifier: MIT
#include "clock.hpp"

#include <unistd.h>

namespace rocmfix::hip {

namespace {
// Of the initial-exec model, so that the first use in a thread never calls malloc.
[[gnu::tls_model("initial-exec")]] thread_local uint32_t known_thread_id = 0;
}  // namespace

uint32_t thread_id() {
  if (known_thread_id == 0) {
    known_thread_id = static_cast<uint32_t>(gettid());
  }
  return known_thread_id;
}

void forget_thread_id() {
  known_thread_id = 0;
}

}  // namespace rocmfix::hip
