// SPDX-License-Identifier: MIT
#include "layer.hpp"

#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "clock.hpp"
#include "intent.hpp"

namespace rocmfix::hip {

constinit Layer layer;
constinit thread_local Intent intent;

namespace {

/// The layer works on in a child only if ROCr had not been started: ROCr itself does not survive a
/// fork, and its blocks are not the child's. So whoever held a lock of the ledger meanwhile, nobody
/// will ask for it again.
void after_fork_in_child() {
  forget_thread_id();
  if (layer.active()) {
    layer.state.store(State::off, std::memory_order_release);
  }
}

const char* from_environment(const char* name) {
  return getenv(name);
}

void prepare_once() {
  read_settings(layer.settings, from_environment);
  pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

}  // namespace

void prepare() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare_once);
}

void say(const char* a, const char* b, const char* c, const char* d, const char* e) {
  const int saved = errno;
  std::array<iovec, 7> parts{};
  size_t count = 0;
  for (const char* text : {"rocmfix: ", a, b, c, d, e, "\n"}) {
    parts[count++] = {const_cast<char*>(text), strlen(text)};
  }
  [[maybe_unused]] const ssize_t written =
      writev(STDERR_FILENO, parts.data(), static_cast<int>(count));
  errno = saved;
}

void give_up(const char* why) {
  State before = layer.state.load(std::memory_order_acquire);
  do {
    if (before == State::off) {
      return;
    }
  } while (!layer.state.compare_exchange_weak(before, State::off));
  say(why, "; the layer is off in this process, which goes on without it");
}

}  // namespace rocmfix::hip
