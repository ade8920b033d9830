// SPDX-License-Identifier: MIT
#include "layer.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "alive/open_call.hpp"
#include "clock.hpp"
#include "hip/intent.hpp"
#include "rocmfix/printable_character.hpp"
#include "rocmfix/without_sigpipe.hpp"

namespace rocmfix::hip {

constinit Layer layer;
constinit thread_local Intent intent;

namespace {

/// The interposer works on in a child only if ROCr had not been started: ROCr itself does not
/// survive a fork, and its blocks are not the child's. So whoever held a lock of the ledger
/// meanwhile, nobody will ask for it again.
void after_fork_in_child() {
  forget_thread_id();
  forget_watched_file();
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

// Paths and names are anybody's: a line is one line, and a terminal only shows it.
void say(const char* a, const char* b, const char* c, const char* d, const char* e) {
  const int saved = errno;
  std::array<char, std::size_t{2} * PATH_MAX> line{};
  size_t length = 0;
  for (std::string_view text : {"rocmfix: ", a, b, c, d, e}) {
    while (!text.empty()) {
      const PrintableCharacter character = first_character(text);
      const std::string_view shown =
          character.length == 0 ? text.substr(0, character.taken)
                                : std::string_view(character.escape.data(), character.length);
      if (length + shown.size() + 1 > line.size()) {
        break;
      }
      memcpy(line.data() + length, shown.data(), shown.size());
      length += shown.size();
      text.remove_prefix(character.taken);
    }
  }
  line[length++] = '\n';
  {
    const WithoutSigpipe guard;
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), length);
  }
  errno = saved;
}

void give_up(const char* why) {
  State before = layer.state.load(std::memory_order_acquire);
  do {
    if (before == State::off) {
      return;
    }
  } while (!layer.state.compare_exchange_weak(before, State::off));
  say(why, "; the HIP interposer is off in this process, which continues without it");
}

}  // namespace rocmfix::hip
