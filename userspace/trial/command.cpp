// SPDX-License-Identifier: MIT
#include "trial/command.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "util/formatted.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::uint64_t grace_ms = 15'000;
constexpr std::array stop_signals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// In the child; returns only where it failed.
void become(const Start& start, pid_t parent, const sigset_t& mask, int output) {
  if (start.user && (initgroups(start.user->name.c_str(), start.user->gid) != 0 ||
                     setgid(start.user->gid) != 0 || setuid(start.user->uid) != 0)) {
    return;
  }
  // The supervisor ends its command when it is told to: not left behind if the trial is killed.
  // A change of the user would take this back.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) {
    return;
  }
  setsid();
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  const int none = open("/dev/null", O_RDONLY);
  if (none < 0 || dup2(none, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(output, STDERR_FILENO) < 0) {
    return;
  }
  for (const std::string& name : start.unset) {
    unsetenv(name.c_str());
  }
  if (start.user) {
    setenv("HOME", start.user->home.c_str(), 1);
    setenv("USER", start.user->name.c_str(), 1);
    setenv("LOGNAME", start.user->name.c_str(), 1);
  }
  for (const auto& [name, value] : start.variables) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<char*> words;
  for (const std::string& word : start.words) {
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: as execv(3) wants it
  }
  words.push_back(nullptr);
  execv(words.front(), words.data());
}

class Running {
 public:
  Running(const Start& start, StopSignals& signals, pid_t child, FileDescriptor pidfd,
          FileDescriptor output)
      : start_(start),
        signals_(signals),
        child_(child),
        pidfd_(std::move(pidfd)),
        output_(std::move(output)),
        began_(monotonic_ms()) {}

  Ended wait() {
    for (;;) {
      std::array<pollfd, 3> watched{
          {{pidfd_.get(), POLLIN, 0},
           {open_ ? output_.get() : -1, POLLIN, 0},
           {ended_.told_to_stop ? -1 : signals_.descriptor(), POLLIN, 0}}};
      poll(watched.data(), watched.size(), until_deadline());
      take_output();
      if ((watched[0].revents & POLLIN) != 0) {
        return finish();
      }
      look_at_time();
    }
  }

 private:
  /// A step of a second is enough for a deadline, whatever happens to the clock.
  [[nodiscard]] int until_deadline() const {
    constexpr int step_ms = 1000;
    if (start_.timeout_ms == 0) {
      return step_ms;
    }
    const std::uint64_t now = monotonic_ms();
    const std::uint64_t end = began_ + start_.timeout_ms;
    return end <= now ? (told_ms_ == 0 ? 0 : step_ms)
                      : static_cast<int>(std::min<std::uint64_t>(end - now, step_ms));
  }

  void look_at_time() {
    const std::uint64_t now = monotonic_ms();
    const bool late = start_.timeout_ms > 0 && now >= began_ + start_.timeout_ms;
    if (told_ms_ == 0 && (late || signals_.stopped())) {
      ended_.timed_out = late;
      ended_.told_to_stop = !late;
      told_ms_ = now;
      kill(child_, SIGTERM);
    } else if (told_ms_ != 0 && now >= told_ms_ + grace_ms) {
      kill(child_, SIGKILL);  // rocmfix-run's guardian then ends the command
    }
  }

  /// No more at once than a moment's: who prints without end must not keep a deadline waiting.
  void take_output() {
    constexpr int most_reads = 64;
    std::array<char, 65536> buffer{};
    for (int i = 0; i < most_reads && open_; ++i) {
      const ssize_t got = read(output_.get(), buffer.data(), buffer.size());
      if (got > 0) {
        start_.output({buffer.data(), static_cast<std::size_t>(got)});
      } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        open_ = false;
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

  /// Something that it has left behind may still hold the output: that is not waited for.
  Ended finish() {
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    take_output();
    ended_.signalled = WIFSIGNALED(status);
    ended_.status = ended_.signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    ended_.ms = monotonic_ms() - began_;
    return ended_;
  }

  const Start& start_;
  StopSignals& signals_;
  pid_t child_;
  FileDescriptor pidfd_;
  FileDescriptor output_;
  std::uint64_t began_;
  std::uint64_t told_ms_ = 0;  ///< when it was told to end; 0: it was not
  bool open_ = true;
  Ended ended_;
};

}  // namespace

StopSignals::StopSignals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : stop_signals) {
    sigaddset(&wanted, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted, &before_);
  fd_ = FileDescriptor(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
}

StopSignals::~StopSignals() {
  static_cast<void>(stopped());  // or it would end this process now
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignals::stopped() {
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
    stopped_ = true;
  }
  return stopped_;
}

bool StopSignals::wait(std::uint64_t ms) {
  const std::uint64_t end = monotonic_ms() + ms;
  while (!stopped()) {
    const std::uint64_t now = monotonic_ms();
    if (now >= end) {
      return true;
    }
    pollfd watched{fd_.get(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(std::min<std::uint64_t>(end - now, 60'000)));
  }
  return false;
}

std::optional<User> user_before_sudo() {
  const char* const text = std::getenv("SUDO_UID");  // NOLINT(concurrency-mt-unsafe): one thread
  if (text == nullptr || geteuid() != 0) {
    return std::nullopt;
  }
  uid_t uid = 0;
  const char* const end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, uid);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  const passwd* const entry = read.ec == std::errc{} && read.ptr == end ? getpwuid(uid) : nullptr;
  if (entry == nullptr || uid == 0) {
    return std::nullopt;
  }
  return User{uid, entry->pw_gid, entry->pw_name, entry->pw_dir};
}

Result<Ended> run_command(const Start& start, StopSignals& signals) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(io_error("cannot make a pipe", errno));
  }
  FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  sigset_t mask;
  sigemptyset(&mask);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    return fail(io_error("cannot start " + start.words.front(), errno));
  }
  if (child == 0) {
    become(start, parent, mask, input.get());
    constexpr int not_executable = 126;
    _exit(not_executable);
  }
  input = FileDescriptor();
  fcntl(output.get(), F_SETFL, O_NONBLOCK);
  FileDescriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!pidfd) {
    const int errnum = errno;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return fail(io_error("cannot watch a process (pidfd_open, Linux 5.3)", errnum));
  }
  return Running(start, signals, child, std::move(pidfd), std::move(output)).wait();
}

std::uint64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

void BoundedText::add(std::string_view bytes) {
  bytes_ += bytes.size();
  const std::size_t room = std::min(bytes.size(), most_ / 2 - std::min(most_ / 2, first_.size()));
  first_ += bytes.substr(0, room);
  last_ += bytes.substr(room);
  if (last_.size() > most_) {
    last_.erase(0, last_.size() - most_ / 2);
  }
}

std::string BoundedText::text() const {
  const std::size_t kept = std::min(last_.size(), most_ / 2);
  const std::uint64_t left_out = bytes_ - first_.size() - kept;
  const std::string note =
      left_out == 0 ? "" : formatted("\n[rocmfix trial: {} bytes left out]\n", left_out);
  return first_ + note + last_.substr(last_.size() - kept);
}

}  // namespace rocmfix::trial
