// SPDX-License-Identifier: MIT
// Plain std::string and no formatting library: these lines are on the way to every exec.
#include "report.hpp"

#include <string_view>

#include "supervisor/hang_report.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::run {

namespace {

constexpr std::string_view program = "rocmfix-run: ";

std::string assignment(std::string_view name, std::string_view value) {
  return printable(name) + "=" + printable(value);
}

std::string sourced(const std::string& reason, const std::string& source) {
  return printable(source.empty() ? reason : reason + " [" + source + "]");
}

std::string advice_text(const EnvironmentAdvice& advice) {
  const std::string about = advice.name.empty() ? "" : advice.name + " is not set: ";
  const std::string command =
      advice.command.empty() ? "" : "; one that runs on the GPU: " + advice.command;
  return printable(about) + sourced(advice.reason, advice.source) + printable(command);
}

std::string gpu_text(const Gpu& gpu) {
  std::string text = gpu.bdf + " " + gpu.name.value_or("unnamed GPU " + gpu.pci_id);
  text += " (" + gpu.gfx.value_or("gfx target unknown") + ", " +
          std::string(to_string(gpu.family)) + ")";
  return printable(gpu.supported ? text : text + ", not touched by rocmfix");
}

std::string changes_text(std::string_view heading, const std::vector<EnvironmentChange>& changes) {
  if (changes.empty()) {
    return {};
  }
  std::string text = std::string(heading) + ":\n";
  for (const EnvironmentChange& change : changes) {
    text +=
        "  " + assignment(change.name, change.value) + "\n      " + printable(change.reason) + "\n";
  }
  return text;
}

}  // namespace

std::string error_text(const Error& error) {
  std::string text = "error: " + printable(to_string(error)) + "\n";
  if (!error.hint.empty()) {
    text += "hint: " + printable(error.hint) + "\n";
  }
  return text;
}

std::string warning_text(const EnvironmentPlan& environment) {
  std::string text;
  for (const EnvironmentWarning& warning : environment.warnings) {
    text += std::string(program) + "warning: " + assignment(warning.name, warning.value) + ": " +
            sourced(warning.reason, warning.source) + "\n";
  }
  for (const EnvironmentAdvice& advice : environment.advice) {
    if (advice.urgent) {
      text += std::string(program) + "warning: " + advice_text(advice) + "\n";
    }
  }
  return text;
}

std::string verbose_text(const Preparation& preparation) {
  std::string text;
  for (const Gpu& gpu : preparation.gpus) {
    text += std::string(program) + gpu_text(gpu) + "\n";
  }
  if (!preparation.supported) {
    text += std::string(program) + "no supported GPU: nothing is set for one\n";
  }
  for (const EnvironmentChange& change : preparation.environment.set) {
    text += std::string(program) + "set " + assignment(change.name, change.value) + ": " +
            printable(change.reason) + "\n";
  }
  for (const EnvironmentChange& change : preparation.environment.kept) {
    text += std::string(program) + "kept " + assignment(change.name, change.value) +
            " (yours): " + printable(change.reason) + "\n";
  }
  for (const EnvironmentAdvice& advice : preparation.environment.advice) {
    if (!advice.urgent) {
      text += std::string(program) + advice_text(advice) + "\n";
    }
  }
  return text + warning_text(preparation.environment);
}

std::string dry_run_text(const Options& options, const Preparation& preparation) {
  std::string text;
  for (const Gpu& gpu : preparation.gpus) {
    text += "gpu: " + gpu_text(gpu) + "\n";
  }
  text += "profile: " + std::string(to_string(options.profile)) + "\n";
  const EnvironmentPlan& environment = preparation.environment;
  if (!preparation.supported) {
    text += "no supported GPU (RDNA1 or RDNA2): nothing would be set for one\n";
  } else if (environment.set.empty()) {
    text += "nothing would be set\n";
  }
  text += changes_text("would set", environment.set);
  text += changes_text("would keep as you set it", environment.kept);
  for (const EnvironmentWarning& warning : environment.warnings) {
    text += "warning: " + assignment(warning.name, warning.value) + "\n      " +
            sourced(warning.reason, warning.source) + "\n";
  }
  for (const EnvironmentAdvice& advice : environment.advice) {
    text += (advice.urgent ? "warning: " : "note: ") + advice_text(advice) + "\n";
  }
  if (*options.command == nullptr) {
    return text;
  }
  if (is_supervised(options, preparation)) {
    text += "after a GPU fault: a report";
    if (options.supervision.retries > 0) {
      text += ", and the command again, " + std::to_string(options.supervision.retries) +
              " times at most";
    }
    text += "\n";
  }
  if (options.supervision.hang_after.watched()) {
    const HangAfter& after = options.supervision.hang_after;
    text += "ended as a hang: after " + duration_text(after.ms) + " without a sign of life" +
            (after.automatic ? ", until the program says what is normal; then after no less than " +
                                   duration_text(after.shortest_ms)
                             : "") +
            "\n";
  }
  text += "command:";
  for (char* const* word = options.command; *word != nullptr; ++word) {
    text += " " + printable(shell_word(*word));
  }
  return text + "\n";
}

}  // namespace rocmfix::run
