// SPDX-License-Identifier: MIT
// stdout is the program's alone, byte for byte, so that a file or a program behind it gets what it
// would get without this one; the account goes to stderr. A failure of ours, such as a file of
// rules that cannot be read, never ends the pipe: the program before it would be ended by SIGPIPE.
#include "follow.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include "incident_text.hpp"
#include "log_pipe.hpp"
#include "output.hpp"
#include "rocmfix/fault_input.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/machine_facts.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/without_sigpipe.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::cli {

namespace {

/// A document of ours in one line: no string in it holds a line break.
std::string in_one_line(std::string_view document) {
  std::string line;
  while (!document.empty()) {
    const auto end = std::min(document.find('\n'), document.size());
    line += document.substr(0, end);
    document.remove_prefix(end);
    document.remove_prefix(std::min(document.find_first_not_of("\n "), document.size()));
  }
  return line + "\n";
}

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

void write_account(std::string_view text) {
  const WithoutSigpipe guard;
  // Best effort, as all of stderr.
  static_cast<void>(write_all_waiting(STDERR_FILENO, printable_lines(text)));
}

int report(const Error& error, bool json) {
  if (json) {
    write_account(in_one_line(error_json(error)));
    return exit_wrong;
  }
  return print_error(error, false);
}

/// The log is of this machine, as a rule, and seldom names its card.
void add_machine(const Root& root, FaultReader& reader) {
  const auto policy = Policy::load(root);
  const std::vector<Gpu> gpus = policy ? discover_gpus(root, *policy, false) : std::vector<Gpu>();
  for (const auto& [fact, value] : machine_facts(root, gpus)) {
    static_cast<void>(reader.add_fact(fact, value));
  }
}

class Accounts {
 public:
  Accounts(const LogPipe& pipe, bool json) : pipe_(pipe), json_(json) {}

  void add(const LogIncident& incident) {
    ++number_;
    write(json_ ? in_one_line(incidents_json({incident}))
                : incident_text(incident, fmt::format("rocmfix explain: incident {}", number_)));
  }
  void end(std::uint64_t lines) const {
    if (number_ == 0 && !json_) {
      write(fmt::format("rocmfix explain: no GPU fault in {} lines\n", lines));
    }
  }

 private:
  /// On a terminal, a progress bar has left the cursor in the middle of a line.
  void write(const std::string& text) const {
    write_account(pipe_.within_line() && shared_ ? "\n" + text : text);
  }

  const LogPipe& pipe_;
  bool json_;
  bool shared_ = is_same_file(STDOUT_FILENO, STDERR_FILENO);
  std::uint64_t number_ = 0;
};

}  // namespace

int follow(const Root& root, const Request& request) {
  if (request.log != "-") {
    print_error({ErrorCode::invalid, "--follow reads standard input, and no file", 0,
                 fmt::format("tail -F {} | rocmfix explain --follow", request.log)},
                false);
    return exit_usage;
  }
  if (::isatty(STDIN_FILENO) == 1) {
    return report({ErrorCode::invalid, "no log to follow: standard input is the terminal", 0,
                   "python3 train.py 2>&1 | rocmfix explain --follow"},
                  request.json);
  }
  // Ctrl-C goes to the whole pipeline; what the program says of it comes afterwards.
  static_cast<void>(std::signal(SIGINT, SIG_IGN));
  LogPipe pipe(STDIN_FILENO, STDOUT_FILENO);
  Accounts accounts(pipe, request.json);
  const auto rules = FaultRules::load(root);
  if (!rules) {
    const int status = report(rules.error(), request.json);
    const auto copied = pipe.copy(nullptr);
    return copied ? status : report(copied.error(), request.json);
  }
  FaultReader reader(*rules, [&](const LogIncident& incident) { accounts.add(incident); });
  add_machine(root, reader);
  const auto copied = pipe.copy(&reader);
  reader.finish();
  if (!copied) {
    return report(copied.error(), request.json);
  }
  accounts.end(reader.lines());
  return exit_ok;
}

}  // namespace rocmfix::cli
