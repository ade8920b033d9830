// SPDX-License-Identifier: MIT
// How commands come in: from a scenario file, which is read again when it changes, over a Unix
// socket, or by a call from a test in the same process. One line, one command (faults.hpp); in a
// file, empty lines and those that begin with # are skipped. The socket answers each line with
// {"ok":true} or {"error":"..."}.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "control/configuration.hpp"
#include "control/faults.hpp"
#include "control/journal.hpp"
#include "kfd/process.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

constexpr int look_every_ms = 20;
constexpr std::size_t longest_line = 64U << 10U;

struct FileState {
  ino_t inode = 0;
  off_t size = -1;
  timespec changed{};
  bool operator==(const FileState& other) const {
    return inode == other.inode && size == other.size && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

FileState state_of(const std::string& path) {
  struct stat status {};
  if (syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &status, 0) != 0) {
    return {};
  }
  return {status.st_ino, status.st_size, status.st_mtim};
}

constexpr std::size_t max_scenario_bytes = 1U << 20U;

// A device or a FIFO would keep the program waiting, or never end. nullopt: it was complained of.
std::optional<std::string> text_of(const std::string& path) {
  struct stat status {};
  // By the system calls: open() and stat() are this library's own.
  const auto fd = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  const bool known = fd >= 0 && syscall(SYS_fstat, fd, &status) == 0;
  std::string text(max_scenario_bytes + 1, '\0');
  ssize_t got = 0;
  std::size_t length = 0;
  while (known && S_ISREG(status.st_mode) && length < text.size() &&
         (got = syscall(SYS_read, fd, text.data() + length, text.size() - length)) > 0) {
    length += static_cast<std::size_t>(got);
  }
  if (fd >= 0) {
    syscall(SYS_close, fd);
  }
  if (!known || got < 0) {
    complain(formatted("error: cannot read the scenario {}", path));
  } else if (!S_ISREG(status.st_mode)) {
    complain(formatted("error: the scenario {} is not a regular file", path));
  } else if (length > max_scenario_bytes) {
    complain(formatted("error: the scenario {} is over 1 MiB", path));
  } else {
    text.resize(length);
    return text;
  }
  return std::nullopt;
}

void read_scenario(Faults& faults, const std::string& path) {
  auto text = text_of(path);
  if (!text) {
    return;
  }
  faults.clear();
  std::istringstream file(std::move(*text));
  std::string line;
  for (unsigned number = 1; std::getline(file, line); ++number) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') {
      continue;
    }
    const std::string error = faults.command(line);
    if (!error.empty()) {
      complain(formatted("error: {}:{}: {}", path, number, error));
    }
  }
}

// -1: another process of the same program has it already, or it cannot be.
int listen_at(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) {
    complain(formatted("error: the socket's name is too long: {}", name));
    return -1;
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                             (name.front() == '@' ? 0 : 1));
  if (name.front() == '@') {
    address.sun_path[0] = '\0';
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(fd, 4) != 0) {
    JournalLine("no_socket").text("name", name).number("errno", errno);
    if (errno != EADDRINUSE) {
      complain(formatted("error: cannot listen at {}: {}", name, strerror(errno)));
    }
    if (fd >= 0) {
      close(fd);
    }
    return -1;
  }
  return fd;
}

class Control {
 public:
  explicit Control(Faults& faults) : faults_(faults), config_(*configuration()) {}

  void run() {
    listener_ = config_.socket.empty() ? -1 : listen_at(config_.socket);
    for (;;) {
      serve();
      if (!config_.scenario.empty()) {
        const FileState now = state_of(config_.scenario);
        if (!(now == scenario_) && now.size >= 0) {
          read_scenario(faults_, config_.scenario);
        }
        scenario_ = now;
      }
    }
  }
  void read_first() {
    if (!config_.scenario.empty()) {
      scenario_ = state_of(config_.scenario);
      read_scenario(faults_, config_.scenario);
    }
  }

 private:
  struct Client {
    int fd;
    std::string text;
  };
  void serve() {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}};  // a negative one is ignored
    for (const Client& client : clients_) {
      fds.push_back({client.fd, POLLIN, 0});
    }
    poll(fds.data(), fds.size(), look_every_ms);
    for (std::size_t i = clients_.size(); i-- > 0;) {
      if (fds[i + 1].revents != 0 && !hear(clients_[i])) {
        close(clients_[i].fd);
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (fds[0].revents != 0) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        clients_.push_back({fd, {}});
      }
    }
  }
  bool hear(Client& client) {
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(client.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0 || client.text.size() > longest_line) {
      return false;
    }
    client.text.append(buffer.data(), static_cast<std::size_t>(got));
    for (auto end = client.text.find('\n'); end != std::string::npos;
         end = client.text.find('\n')) {
      const std::string error = faults_.accept(client.text.substr(0, end));
      client.text.erase(0, end + 1);
      const std::string answer =
          error.empty() ? "{\"ok\":true}\n" : formatted("{{\"error\":{}}}\n", json_quoted(error));
      if (send(client.fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) {
        return false;
      }
      faults_.proceed();
    }
    return true;
  }

  Faults& faults_;
  const Configuration& config_;
  int listener_ = -1;
  std::vector<Client> clients_;
  FileState scenario_;
};

}  // namespace

void Faults::start() {
  const Configuration& config = *configuration();
  if (config.scenario.empty() && config.socket.empty()) {
    return;
  }
  auto* const control = new Control(*this);  // for the life of the process
  control->read_first();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([control] { control->run(); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace rocmfix::sim

/// For tests in the same process: a line in the journal that says what comes next.
extern "C" __attribute__((visibility("default"))) void rocmfix_sim_mark(const char* text) {
  rocmfix::sim::JournalLine("mark").text("text", text == nullptr ? "" : text);
}

/// For tests in the same process: one command. 0: accepted; -1: no simulation, or a bad command,
/// which is reported on stderr.
extern "C" __attribute__((visibility("default"))) int rocmfix_sim_control(const char* json) {
  using namespace rocmfix::sim;
  if (configuration() == nullptr || json == nullptr) {
    return -1;
  }
  const std::string error = Process::current().faults().command(json);
  if (!error.empty()) {
    complain("error: " + error);
    return -1;
  }
  return 0;
}
