// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as what the command writes to the report descriptor, and, behind the
// first NUL, as the answer of librocmfix. Besides what the sanitizers find it holds that
// what goes to the terminal is short and printable, and that the kept document is JSON.
#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "fuzzing.hpp"
#include "supervisor/crash_report.hpp"
#include "supervisor/diagnosis.hpp"
#include "supervisor/explainer.hpp"
#include "supervisor/helper.hpp"
#include "supervisor/signals.hpp"

using namespace rocmfix;
using namespace rocmfix::run;
using fuzz::require;

namespace {

std::string_view answer;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// Signals as they were: libFuzzer's own have to come.
SignalQueue open_signals() {
  sigset_t before;
  sigprocmask(SIG_SETMASK, nullptr, &before);
  auto signals = SignalQueue::open();
  sigprocmask(SIG_SETMASK, &before, nullptr);
  require(signals.has_value(), "a signal queue");
  return std::move(*signals);
}

}  // namespace

// Stand for the processes that are asked: the fuzzer links neither supervisor/helper.cpp nor
// supervisor/explainer.cpp.
namespace rocmfix::run {

std::optional<std::string> ask_library(const SignalQueue& /*signals*/, const std::string& /*root*/,
                                       const std::string& /*request*/) {
  return std::string(answer);
}

std::optional<std::string> run_helper(const SignalQueue& /*signals*/,
                                      const std::vector<std::string>& /*command*/) {
  return std::nullopt;
}

}  // namespace rocmfix::run

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static const Root root = machine.root();
  static KernelLog log(root);
  answer = fuzz::text_of(data, size);
  ExitInfo exit_info{.pid = 1 << 30, .signalled = true, .status = SIGABRT, .reports = {}};
  exit_info.reports = fuzz::take_part(answer, '\0');
  CrashContext context;
  context.root = root.dir().string();
  static const SignalQueue signals = open_signals();
  const Diagnosis diagnosis = diagnose(signals, exit_info, log, context);
  if (!diagnosis.found()) {
    return 0;
  }
  for (const ProcessReport& report : diagnosis.reports.own) {
    require(nlohmann::json::accept(report.text), "a report that is no JSON");
  }
  require(diagnosis.incidents.empty() || nlohmann::json::accept(diagnosis.incidents),
          "incidents that are no JSON");
  const CrashReport report{
      .diagnosis = &diagnosis, .exit_info = &exit_info, .command = {"program"}};
  const std::string text = crash_report_text(report);
  require(text.size() < (1U << 16U), "a terminal full of it");
  require(std::none_of(text.begin(), text.end(),
                       [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }),
          "a control character for the terminal");
  return 0;
}
