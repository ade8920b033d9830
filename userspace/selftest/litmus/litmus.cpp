// SPDX-License-Identifier: MIT
// litmus: does a running kernel see what a CPU or another GPU writes, on each kind of memory? Each
// case runs in a process of its own, with a time limit: a hang and a GPU memory fault are outcomes.
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cases.hpp"
#include "options.hpp"

using namespace rocmfix::litmus;

namespace {

constexpr const char* usage = R"(usage: litmus [OPTION]... [CASE]...
Flag ping-pong between a running GPU kernel and a CPU, or another GPU, on each kind of memory.

      --rounds N         of ping-pong, default 1000
      --wait SECONDS     for one flag, default 2
      --limit SECONDS    for a case, default 60; then it is a hang
      --device N         the GPU, default 0
      --peer-device N    shm-gpu: the other process's GPU, default 1 where there is one
      --code FILE        the compiled kernels, default litmus-kernels.co next to this program
      --caller LIBRARY   ask for memory from this library: liblitmus-memory.so, under any name
      --allocate-only    take the memory and give it back; run no kernel
      --list             print the cases
      --json             a line of JSON a case

Outcomes: coherent; not-seen (a flag did not arrive in time); old-data (a flag arrived before the
data that were written before it); hang; fault (the runtime aborted); unavailable (this card or
runtime does not give such memory); not-run (the kernel was not executed: a simulated card); failed.

Exit status: 0 every case that must be coherent is, or is unavailable; 1 one is not; 2 usage;
3 no GPU.
)";

struct Outcome {
  std::string word = "failed";
  std::string detail;
};

std::string read_until(int file, pid_t child, uint32_t seconds, bool& in_time) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::string text;
  in_time = true;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd waiting{file, POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready == 0) {
      in_time = false;
      kill(-child, SIGKILL);
      return text;
    }
    char buffer[512];
    const ssize_t got = ready < 0 ? -1 : read(file, buffer, sizeof buffer);
    if (got == 0) {
      return text;
    }
    if (got < 0 && errno != EINTR) {
      return text;
    }
    text.append(buffer, got < 0 ? 0 : static_cast<size_t>(got));
  }
}

/// -1: it cannot even be killed, as a process that waits in the driver for a dead GPU.
int end_of(pid_t child) {
  constexpr int tries = 50;
  int status = 0;
  for (int i = 0; i < tries; ++i) {
    if (waitpid(child, &status, WNOHANG) == child) {
      return status;
    }
    usleep(100'000);
  }
  return -1;
}

Outcome outcome_of(pid_t child, const std::string& text, bool in_time, uint32_t limit) {
  const int status = end_of(child);
  if (!in_time) {
    return {"hang", "did not end in " + std::to_string(limit) + " s" +
                        (status == -1 ? ", and cannot be killed" : "")};
  }
  if (status != -1 && WIFSIGNALED(status)) {
    return {"fault", std::string("ended by SIG") + sigabbrev_np(WTERMSIG(status))};
  }
  const size_t blank = text.find(' ');
  const size_t end = text.find('\n');
  if (blank == std::string::npos || end == std::string::npos || blank > end) {
    return {"failed", "no answer from the process of this case"};
  }
  return {text.substr(0, blank), text.substr(blank + 1, end - blank - 1)};
}

Outcome run(const Case& one, Options options) {
  options.child = one.name;
  options.shared = shared_name(getpid());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return {"failed", "pipe"};
  }
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    dup2(ends[1], STDOUT_FILENO);
    // A process that has not used HIP yet: run_child starts it.
    _exit(run_child(options));
  }
  close(ends[1]);
  bool in_time = true;
  const std::string text = read_until(ends[0], child, options.limit, in_time);
  close(ends[0]);
  const Outcome outcome = outcome_of(child, text, in_time, options.limit);
  kill(-child, SIGKILL);  // a peer that is left over
  shm_unlink(options.shared.c_str());
  return outcome;
}

void print(const Case& one, const Outcome& outcome, bool json) {
  if (!json) {
    std::printf("%-18s %-12s %s\n", one.name, outcome.word.c_str(), outcome.detail.c_str());
  } else {
    std::string detail;
    for (const char c : outcome.detail) {
      detail += c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' ? '\'' : c;
    }
    std::printf(R"({"case": "%s", "outcome": "%s", "detail": "%s", "size": %zu, "must": %s})"
                "\n",
                one.name, outcome.word.c_str(), detail.c_str(), size_of(one),
                one.coherent ? "true" : "false");
  }
  std::fflush(stdout);
}

bool is_well(const Case& one, const Outcome& outcome) {
  return outcome.word == "coherent" || outcome.word == "unavailable" ||
         outcome.word == "allocated" ||
         (!one.coherent && (outcome.word == "not-seen" || outcome.word == "old-data"));
}

[[noreturn]] void complain(const std::string& what) {
  std::fprintf(stderr, "error: %s\nhint: litmus --help\n", what.c_str());
  std::exit(wrong_usage);
}

template <class Number>
Number number(const char* text, Number least, Number most) {
  Number value{};
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    complain("not a number from " + std::to_string(least) + " to " + std::to_string(most) + ": '" +
             text + "'");
  }
  return value;
}

enum Letter {
  rounds,
  wait_for,
  limit,
  device,
  peer_device,
  code,
  caller,
  allocate_only,
  list,
  json,
  help
};

void read_options(int argc, char** argv, Options& options) {
  static const option known[] = {{"rounds", required_argument, nullptr, rounds},
                                 {"wait", required_argument, nullptr, wait_for},
                                 {"limit", required_argument, nullptr, limit},
                                 {"device", required_argument, nullptr, device},
                                 {"peer-device", required_argument, nullptr, peer_device},
                                 {"code", required_argument, nullptr, code},
                                 {"caller", required_argument, nullptr, caller},
                                 {"allocate-only", no_argument, nullptr, allocate_only},
                                 {"list", no_argument, nullptr, list},
                                 {"json", no_argument, nullptr, json},
                                 {"help", no_argument, nullptr, help},
                                 {nullptr, 0, nullptr, 0}};
  for (;;) {
    switch (getopt_long(argc, argv, "", known, nullptr)) {
      case -1:
        return;
      case rounds:
        options.rounds = number<uint32_t>(optarg, 1, 100'000'000);
        break;
      case wait_for:
        options.wait = number<uint32_t>(optarg, 1, 600);
        break;
      case limit:
        options.limit = number<uint32_t>(optarg, 1, 86400);
        break;
      case device:
        options.device = number<int>(optarg, -1, 255);
        break;
      case peer_device:
        options.peer_device = number<int>(optarg, 0, 255);
        break;
      case code:
        options.code = optarg;
        break;
      case caller:
        options.caller = optarg;
        break;
      case allocate_only:
        options.allocate_only = true;
        break;
      case list:
        for (const Case& one : cases) {
          std::printf("%-18s %s\n", one.name, one.summary);
        }
        std::exit(all_well);
      case json:
        options.json = true;
        break;
      case help:
        std::fputs(usage, stdout);
        std::exit(all_well);
      default:
        std::exit(wrong_usage);  // getopt has said why
    }
  }
}

std::string in_own_directory(const char* name) {
  char path[4096] = {};
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  const std::string self(path, length < 0 ? 0 : static_cast<size_t>(length));
  return self.substr(0, self.rfind('/') + 1) + name;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  read_options(argc, argv, options);
  if (options.code.empty()) {
    options.code = in_own_directory("litmus-kernels.co");
  }
  for (int i = optind; i < argc; ++i) {
    if (find_case(argv[i]) == nullptr) {
      complain(std::string("there is no case '") + argv[i] + "'");
    }
    options.names.emplace_back(argv[i]);
  }
  if (!options.allocate_only && access(options.code.c_str(), R_OK) != 0) {
    std::fprintf(stderr, "error: cannot read %s: %s\nhint: --code FILE\n", options.code.c_str(),
                 std::strerror(errno));
    return something_failed;
  }
  bool well = true;
  bool any = false;
  for (const Case& one : cases) {
    bool wanted = options.names.empty();
    for (const std::string& name : options.names) {
      wanted = wanted || name == one.name;
    }
    if (!wanted) {
      continue;
    }
    const Outcome outcome = run(one, options);
    print(one, outcome, options.json);
    well = well && is_well(one, outcome);
    any = any || outcome.word != "unavailable";
  }
  return !any ? no_gpu : well ? all_well : something_failed;
}
