// SPDX-License-Identifier: MIT
// Incidents in plain words, each as it is found: a log may be longer than the memory.
#include <fmt/format.h>
#include <unistd.h>

#include "follow.hpp"
#include "incident_text.hpp"
#include "output.hpp"
#include "rocmfix/fault_reader.hpp"
#include "rocmfix/settling.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

int run_explain(const Root& root, const std::string& file, bool json) {
  const auto rules = FaultRules::load(root);
  if (!rules) {
    return print_error(rules.error(), json);
  }
  if (file == "-" && ::isatty(STDIN_FILENO) == 1) {
    return print_error({ErrorCode::invalid, "no log to read: standard input is the terminal", 0,
                        "journalctl -k -b | rocmfix explain, or rocmfix explain FILE"},
                       json);
  }
  std::uint64_t number = 0;
  int status = exit_ok;
  const auto print = [&](const std::string& text) {
    if (status == exit_ok) {
      status = print_result(text, exit_ok);
    }
  };
  FaultReader reader(*rules, [&](const LogIncident& incident) {
    ++number;
    if (json) {
      // The head of the document goes with the first object: an unreadable log has an error
      // document in its place.
      print((number == 1 ? incidents_json_begin() : "") +
            incidents_json_item(incident, number == 1));
    } else {
      print(incident_text(incident, fmt::format("Incident {}", number)));
    }
  });
  // Nobody can use half of a document.
  const int quiet_ms = json ? -1 : static_cast<int>(Settling::quiet.count());
  const auto read =
      file == "-" ? read_faults(STDIN_FILENO, reader, quiet_ms) : read_faults(file, reader);
  if (!read && (!json || number == 0)) {
    return print_error(read.error(), json);
  }
  if (json) {
    print((number == 0 ? incidents_json_begin() : "") + incidents_json_end());
  } else if (number == 0) {
    print(
        fmt::format("No GPU fault in {} lines.\n"
                    "If a program has crashed all the same, look at what is installed: "
                    "rocmfix doctor --program FILE\n",
                    reader.lines()));
  }
  return read ? status : print_error(read.error(), false);
}

}  // namespace

const Verb explain_verb{
    nullptr, "explain", "explain GPU faults in a log, with their possible causes", accepts_log,
    [](const Root& root, const Request& request) {
      return request.follow ? follow(root, request) : run_explain(root, request.log, request.json);
    }};

}  // namespace rocmfix::cli
