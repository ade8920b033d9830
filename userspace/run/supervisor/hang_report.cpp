// SPDX-License-Identifier: MIT
#include "supervisor/hang_report.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "rocmfix/printable.hpp"
#include "rocmfix/redaction.hpp"
#include "util/formatted.hpp"

namespace rocmfix::run {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view program = "rocmfix-run: ";
constexpr std::string_view more = "rocmfix-run:   ";

std::string calls_text(const HangReport::Process& process) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < process.calls.size() && i < most; ++i) {
    text += (i == 0 ? "in " : ", ") + process.calls[i].api +
            formatted(" (thread {})", process.calls[i].thread);
  }
  if (process.calls.size() > most) {
    text += formatted(" and {} more calls", process.calls.size() - most);
  }
  return text.empty() ? "in no HIP call that the HIP interposer sees" : text;
}

}  // namespace

std::string duration_text(std::uint64_t ms) {
  const std::uint64_t seconds = ms / 1000;
  if (seconds < 120) {
    return formatted("{} s", seconds);
  }
  const std::uint64_t minutes = seconds / 60;
  if (minutes < 60) {
    return seconds % 60 == 0 ? formatted("{} min", minutes)
                             : formatted("{} min {} s", minutes, seconds % 60);
  }
  return minutes % 60 == 0 ? formatted("{} h", minutes / 60)
                           : formatted("{} h {} min", minutes / 60, minutes % 60);
}

std::string hang_text(const HangReport& report) {
  std::string text =
      std::string(program) + "hang: no sign of life for " + duration_text(report.silent_ms) +
      (report.after_reset ? ", and the kernel log has a reset of the GPU\n" : " (--hang-after)\n");
  for (const HangReport::Process& process : report.processes) {
    text += std::string(more) +
            formatted("process {} ({}): ", process.pid, printable(process.name)) +
            calls_text(process);
    text += process.beats > 0 ? formatted("; heartbeats so far: {}\n", process.beats) : "\n";
    for (const std::string& line : process.stacks) {
      text += std::string(more) + "  " + printable(line) + "\n";
    }
  }
  for (const StuckThread& one : report.stuck) {
    text +=
        std::string(more) +
        formatted("process {} ({}), thread {}: waits in the kernel, where no signal reaches it{}",
                  one.pid, printable(one.name), one.thread,
                  one.where.empty() ? "" : ": " + one.where) +
        "\n";
  }
  for (const HangReport::Gpu& gpu : report.gpus) {
    text += std::string(more) + "GPU " + printable(gpu.bdf) + ": " +
            (gpu.busy_percent     ? formatted("{} % busy", *gpu.busy_percent)
             : !gpu.power.empty() ? printable(gpu.power)
                                  : "how busy it is is not known") +
            "\n";
  }
  return text + std::string(more) +
         "it is ended by SIGABRT; Python prints what its threads were doing\n";
}

Json hang_object(const HangReport& report) {
  Json processes = Json::array();
  for (const HangReport::Process& process : report.processes) {
    Json calls = Json::array();
    for (const HangReport::Call& call : process.calls) {
      calls.push_back({{"api", call.api}, {"thread", call.thread}});
    }
    Json one = {{"pid", process.pid},
                {"program", printable(process.name)},
                {"heartbeats", process.beats},
                {"open_calls", std::move(calls)}};
    for (const std::string& line : process.stacks) {
      one["stacks"].push_back(redact_text(printable(line)));
    }
    processes.push_back(std::move(one));
  }
  Json stuck = Json::array();
  for (const StuckThread& one : report.stuck) {
    stuck.push_back({{"pid", one.pid},
                     {"program", printable(one.name)},
                     {"thread", one.thread},
                     {"kernel_function", one.where.empty() ? Json() : Json(one.where)}});
  }
  Json gpus = Json::array();
  for (const HangReport::Gpu& gpu : report.gpus) {
    Json one = {{"bdf", gpu.bdf}};
    one["busy_percent"] = gpu.busy_percent ? Json(*gpu.busy_percent) : Json();
    if (!gpu.power.empty()) {
      one["power"] = gpu.power;
    }
    gpus.push_back(std::move(one));
  }
  return {{"silent_ms", report.silent_ms},          {"limit_ms", report.limit_ms},
          {"gpu_reset_in_log", report.after_reset}, {"processes", std::move(processes)},
          {"uninterruptible", std::move(stuck)},    {"gpus", std::move(gpus)}};
}

}  // namespace rocmfix::run
