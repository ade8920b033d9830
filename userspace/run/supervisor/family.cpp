// SPDX-License-Identifier: MIT
#include "supervisor/family.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "supervisor/proc.hpp"

namespace rocmfix::run {

namespace {

bool ignores_hangup(pid_t pid) {
  const auto text = read_proc(pid, "status");
  constexpr std::string_view key = "\nSigIgn:\t";
  const auto at = text ? text->find(key) : std::string::npos;
  return at != std::string::npos &&
         (std::strtoull(text->c_str() + at + key.size(), nullptr, 16) & 1U << (SIGHUP - 1)) != 0;
}

class LeftBehind {
 public:
  LeftBehind() : session_(getsid(0)), nohup_(ignores_hangup(getpid())) {}

  [[nodiscard]] std::vector<pid_t> find() const {
    std::vector<pid_t> found;
    for (const pid_t pid : children()) {
      const auto relations = relations_of(pid);
      // Under nohup everything ignores SIGHUP, which then says nothing.
      if (relations && relations->state != 'Z' && relations->session == session_ &&
          (nohup_ || !ignores_hangup(pid))) {
        found.push_back(pid);
      }
    }
    return found;
  }

 private:
  pid_t session_;
  bool nohup_;
};

void reap_all() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

/// A child is that of the thread which has forked it.
void add_children(pid_t pid, pid_t thread, std::vector<pid_t>& found) {
  const auto text = read_proc(pid, "task/" + std::to_string(thread) + "/children");
  const char* at = text ? text->c_str() : "";
  for (char* next = nullptr;; at = next) {
    const long child = std::strtol(at, &next, 10);
    if (next == at) {
      return;
    }
    found.push_back(static_cast<pid_t>(child));
  }
}

std::vector<Survivor> survivors(const std::vector<pid_t>& found, const std::set<pid_t>& denied) {
  std::vector<Survivor> list;
  for (const pid_t pid : found) {
    std::string name = process_name(pid).value_or("?");
    const auto relations = relations_of(pid);
    list.push_back(
        {pid, std::move(name), denied.contains(pid), relations && relations->state == 'D'});
  }
  return list;
}

}  // namespace

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  add_children(getpid(), getpid(), found);
  return found;
}

std::vector<pid_t> descendants() {
  constexpr std::size_t most = 1000;
  std::vector<pid_t> found = children();
  for (std::size_t i = 0; i < found.size() && found.size() < most; ++i) {
    const pid_t pid = found[i];
    for (const pid_t thread : threads_of(pid)) {
      add_children(pid, thread, found);
    }
  }
  return found;
}

void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool is_below(pid_t pid, pid_t ancestor) {
  constexpr int deepest = 1000;
  for (int i = 0; pid > 1 && i < deepest; ++i) {
    if (pid == ancestor) {
      return true;
    }
    const auto relations = relations_of(pid);
    pid = relations ? relations->parent : 0;
  }
  return false;
}

std::vector<Survivor> end_left_behind(const SignalQueue& signals) {
  constexpr int step_ms = 10;
  constexpr int patience = 2000 / step_ms;
  constexpr int most = 5000 / step_ms;
  constexpr int last_steps = 20;  // for the kernel to take down what was killed
  const LeftBehind left;
  std::vector<pid_t> asked;
  std::set<pid_t> denied;  // ours to wait for, so that no other process gets the number
  int kill_from = patience;
  int until = most;
  for (int i = 0;; ++i) {
    reap_all();
    std::vector<pid_t> found = left.find();
    if (i < kill_from && signals.told_to_stop()) {
      kill_from = i;
      until = i + last_steps;
    }
    for (const pid_t pid : found) {
      const bool first = std::find(asked.begin(), asked.end(), pid) == asked.end();
      if (denied.contains(pid) || (i < kill_from && !first)) {
        continue;
      }
      if (kill(pid, i >= kill_from ? SIGKILL : SIGTERM) != 0 && errno == EPERM) {
        denied.insert(pid);
      }
      kill(pid, SIGCONT);  // one that is stopped would not take SIGTERM
    }
    const bool waits =
        std::any_of(found.begin(), found.end(), [&](pid_t pid) { return !denied.contains(pid); });
    if (!waits || i >= until) {
      return survivors(found, denied);
    }
    asked = std::move(found);
    // What comes meanwhile stays in the queue, but for the end of a child.
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    constexpr timespec step{0, step_ms * 1'000'000L};
    sigtimedwait(&child, nullptr, &step);
  }
}

}  // namespace rocmfix::run
