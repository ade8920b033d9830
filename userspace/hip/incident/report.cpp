// SPDX-License-Identifier: MIT
// Collecting an incident in the dying process, and getting it out: to ROCMFIX_REPORT_FD as one
// line, or into a file of its own. System calls only.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "clock.hpp"
#include "incident/fault_report.hpp"
#include "incident/incident_store.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::hip {

namespace {

// What ROCMFIX_REPORT_FD was when the process began; st_ino 0: no pipe and no socket.
struct stat channel_at_start;

/// A descriptor that a parent closed on the way, and that the program then got for a file of its
/// own, must not be written to: so its identity is taken before main.
[[gnu::constructor]] void remember_channel() {
  const char* text = getenv("ROCMFIX_REPORT_FD");
  Settings settings;
  struct stat found {};
  if (text != nullptr && read_descriptor(text, settings.report_fd) &&
      fstat(settings.report_fd, &found) == 0 &&
      (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode))) {
    channel_at_start = found;
  }
}

/// -1: none, or it is something else by now.
int report_channel() {
  struct stat found {};
  const int file = layer.settings.report_fd;
  if (file < 0 || channel_at_start.st_ino == 0 || fstat(file, &found) != 0 ||
      found.st_dev != channel_at_start.st_dev || found.st_ino != channel_at_start.st_ino) {
    return -1;
  }
  return file;
}

constexpr uint32_t patience = 20;  // ms, for each part of the ledger
std::array<char, 64U << 10U> document;
std::array<Call, 32> last_calls;

/// A launcher that has gone away (SIGPIPE) must not end the program before the runtime has said
/// what happened. For the calling thread alone; a signal that was pending before stays so.
class PipeSignalHeld {
 public:
  PipeSignalHeld() {
    sigset_t pending;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  ~PipeSignalHeld() {
    constexpr timespec at_once{};
    while (!was_pending_ && sigtimedwait(&only_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalHeld(const PipeSignalHeld&) = delete;
  PipeSignalHeld& operator=(const PipeSignalHeld&) = delete;

 private:
  sigset_t only_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool write_held(int file, std::string_view text) {
  const PipeSignalHeld held;
  return write_all(file, text);
}

void write_file(const FaultReport& report, std::string_view text) {
  const char* const directory = layer.settings.incident_directory.data();
  if (*directory == '\0') {
    return;
  }
  IncidentFolder folder;
  if (!folder.make(directory)) {
    say("cannot write the incident: no directory ", directory);
    return;
  }
  IncidentName name;
  if (!folder.write(report.seconds, report.pid, layer.settings.report_tag.data(), text, name)) {
    say("cannot write the incident to ", directory);
    return;
  }
  say(report.fault.is_hang() ? "GPU hang described in " : "GPU memory fault described in ",
      directory, "/", name.data());
  if (folder.prune({}, name.data()) > 0) {
    say("older incidents there were removed: ", what_is_kept);
  }
}

void see_live(void* context, const Block& block) {
  static_cast<Neighbourhood*>(context)->see(block);
}
void see_freed(void* context, const FreedBlock& block) {
  static_cast<Neighbourhood*>(context)->see(block);
}

}  // namespace

void report_fault(const Fault& fault) {
  static std::atomic_flag busy = ATOMIC_FLAG_INIT;
  if (busy.test_and_set()) {
    return;
  }
  FaultReport report;
  report.fault = fault;
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  report.seconds = time.tv_sec;
  report.nanoseconds = static_cast<uint32_t>(time.tv_nsec);
  report.now = now();
  report.pid = static_cast<uint32_t>(getpid());
  report.program = program_invocation_short_name;
  report.rank = layer.settings.rank;
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    if (layer.gpus[i].agent.handle == fault.agent) {
      report.gpu = &layer.gpus[i];
      report.gpu_index = i;
    }
  }
  Neighbourhood around(fault.address);
  report.unread_shards = layer.ledger.visit(&around, see_live, see_freed, patience);
  report.calls = {last_calls.data(), layer.calls.read(last_calls.data(), last_calls.size())};

  JsonText json(document.data(), document.size() - 1);
  write_document(json, report, around);
  if (json.overflown()) {
    say("an incident is too large: not written");
  } else {
    std::string_view text = json.text();
    document[text.size()] = '\n';
    text = {text.data(), text.size() + 1};
    const int channel = report_channel();
    if (channel < 0 || !write_held(channel, text)) {
      write_file(report, text);
    }
  }
  busy.clear();
}

}  // namespace rocmfix::hip
