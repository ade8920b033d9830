// SPDX-License-Identifier: MIT
// rocmfix-selftest: options in, one session, its reports out. Decides nothing.
#include <CLI/CLI.hpp>

#include <random>

#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "selftest/report.hpp"
#include "util/text_table.hpp"
#include "util/version_text.hpp"

namespace rocmfix::selftest {

namespace {

struct Request {
  Options options;
  std::string json_file;
  std::string html_file;
  bool quick = false;
  bool list = false;
};

int complain(const Error& error, int status) {
  std::string text = "error: " + printable(to_string(error)) + "\n";
  if (!error.hint.empty()) {
    text += "hint: " + printable(error.hint) + "\n";
  }
  write_stderr(text);
  return error.code == ErrorCode::not_applicable ? not_here : status;
}

int print(const std::string& text) {
  const auto written = write_stdout(text);
  return written ? all_right : complain(written.error(), something_wrong);
}

int list_tests() {
  std::vector<std::vector<std::string>> rows;
  for (const Test& test : all_tests()) {
    rows.push_back({std::string(test.name), std::string(test.group), std::string(test.summary)});
  }
  return print(text_table(rows));
}

void describe(CLI::App& app, Request& request) {
  Options& options = request.options;
  app.add_option("TEST", options.names, "tests or groups, by name (all)");
  app.add_flag("--list", request.list, "list the tests");
  auto* const quick = app.add_flag("--quick", request.quick, "one minute instead of ten");
  app.add_option("--time", options.seconds, "for a round of all tests, in seconds (600)")
      ->check(CLI::Range(0.0, 1e6))
      ->excludes(quick);
  app.add_option("--soak", options.soak_hours, "rounds, until so many HOURS are over")
      ->check(CLI::Range(0.0, 10'000.0))
      ->type_name("HOURS");
  app.add_option("--seed", options.seed, "of all data; the same gives the same (random)");
  app.add_option("--device", options.task.device, "the GPU, by HIP's number (0)")
      ->check(CLI::Range(0, 255));
  app.add_option("--memory", options.task.memory_mib, "test at most MIB of each kind of memory")
      ->type_name("MIB");
  app.add_flag("!--no-faults", options.faults, "leave out the tests that fault on purpose");
  app.add_option("--report-within", options.limits.report_within_s,
                 "a fault on purpose is reported late after so many seconds (10)")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS");
  app.add_option("--limit", options.limits.grace_s,
                 "a test hangs so many seconds after its time (60)")
      ->check(CLI::Range(1.0, 86'400.0))
      ->type_name("SECONDS");
  app.add_option("--hip", options.task.hip, "the HIP runtime (the newest that ld.so finds)")
      ->type_name("FILE");
  app.add_option("--torch", options.task.python, "test PyTorch, too, with this Python")
      ->type_name("PYTHON");
  app.add_option("--code", options.task.code, "the kernels (next to the package's libraries)")
      ->type_name("FILE");
  app.add_option("--json", request.json_file, "write the results as JSON (schema 1)")
      ->type_name("FILE");
  app.add_option("--html", request.html_file, "write the results as a page")->type_name("FILE");
  app.set_version_flag("--version", version_text("rocmfix-selftest"));
}

/// In the build tree next to this program's folder, as it is installed.
std::string own_file(const std::string& name) {
  std::array<char, 4096> self{};
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  const std::string path(self.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  const std::string prefix = path.substr(0, path.rfind("/bin/"));
  return prefix + "/" ROCMFIX_LIBRARY_DIR "/" + name;
}

Result<void> check_files(const Task& task) {
  if (access(task.code.c_str(), R_OK) != 0) {
    return fail(Error{ErrorCode::io, "cannot read the kernels: " + task.code, errno,
                      "in the source tree: make selftest; else --code FILE"});
  }
  return {};
}

/// Reports before the status: what is known is kept, whatever it is.
int write_reports(const Request& request, const Session& session) {
  int status = exit_status(session);
  const struct {
    const std::string& file;
    std::string (*text)(const Session&);
  } reports[] = {{request.json_file, session_json}, {request.html_file, session_html}};
  for (const auto& one : reports) {
    if (one.file.empty()) {
      continue;
    }
    if (const auto written = write_report(one.file, one.text(session)); !written) {
      status = complain(written.error(), something_wrong);
    }
  }
  return status;
}

int run(Request& request) {
  Options& options = request.options;
  if (request.list) {
    return list_tests();
  }
  const auto chosen = choose_tests(options.names, !options.task.python.empty());
  if (!chosen) {
    return complain(chosen.error(), usage);
  }
  if (request.quick) {
    constexpr double one_minute = 60;
    options.seconds = one_minute;
  }
  if (options.seed == 0) {
    options.seed = std::random_device{}();
  }
  if (options.task.code.empty()) {
    options.task.code = own_file("selftest-kernels.co");
  }
  options.task.torch_cases = own_file("selftest-torch.py");
  if (const auto readable = check_files(options.task); !readable) {
    return complain(readable.error(), something_wrong);
  }
  auto machine = read_machine();
  if (!machine) {
    return complain(machine.error(), something_wrong);
  }
  watch_stop_signals();
  bool printed = true;
  const Session session =
      run_session(options, std::move(*machine), *chosen, [&](const Test& test, const Run& done) {
        printed = printed && write_stdout(run_text(test, done)).has_value();
      });
  const int status = write_reports(request, session);
  const int last = print(summary_text(session));
  return printed && last == all_right ? status : something_wrong;
}

}  // namespace

}  // namespace rocmfix::selftest

int main(int argc, char** argv) {
  using namespace rocmfix::selftest;
  rocmfix::open_standard_streams();
  Request request;
  CLI::App app{
      "Tests a Radeon RX 5000 or RX 6000 by computing on it: memory, coherence, arithmetic, "
      "faults. Each test runs in a process of its own."};
  describe(app, request);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    rocmfix::write_stderr(std::string("error: ") + rocmfix::printable(error.what()) +
                          "\nhint: rocmfix-selftest --help\n");
    return usage;
  }
  return run(request);
}
