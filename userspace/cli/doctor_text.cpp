// SPDX-License-Identifier: MIT
#include "doctor_text.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <string_view>

#include "output.hpp"
#include "rocmfix/fault_rules.hpp"
#include "rocmfix/printable.hpp"
#include "util/grade.hpp"

namespace rocmfix::cli {

namespace {

constexpr std::size_t narrowest = 40;
constexpr std::size_t widest = 100;

struct Mark {
  std::string_view ascii;
  std::string_view sign;
  std::string_view color;  ///< SGR
};
// In the order of CheckVerdict. Red and green alone would not tell them apart for everybody.
constexpr std::array<Mark, 5> marks = {{{"[ok]", "✓", "32"},
                                        {"[i]", "i", "36"},
                                        {"[?]", "?", "35"},
                                        {"[!]", "!", "33"},
                                        {"[x]", "✗", "31"}}};

std::string colored(std::string_view text, std::string_view color, const Style& style) {
  return style.color ? fmt::format("\033[{}m{}\033[0m", color, text) : std::string(text);
}

/// Padded to the width of the longest, "[ok]".
std::string mark_of(CheckVerdict verdict, const Style& style) {
  const Mark& mark = marks.at(static_cast<std::size_t>(verdict));
  const std::size_t width = style.signs ? 1 : 4;
  const std::string_view shown = style.signs ? mark.sign : mark.ascii;
  const std::size_t taken = style.signs ? 1 : shown.size();
  return colored(shown, mark.color, style) + std::string(width - taken, ' ');
}

std::string bold(std::string_view text, const Style& style) {
  return colored(text, "1", style);
}

/// A paragraph: every line begins with `indent`.
std::string paragraph(std::string_view text, std::size_t indent, const Style& style) {
  const std::string blanks(indent, ' ');
  return blanks + wrap(text, style.width - indent, blanks) + '\n';
}

std::string name_of(const Gpu& gpu) {
  return fmt::format("{} ({}), {}{}", gpu.name.value_or("AMD GPU"), gpu.gfx.value_or("unknown"),
                     gpu.bdf, gpu.supported ? "" : ", left alone");
}

std::string describe_program(const ProgramFacts& program) {
  const Software& software = program.software;
  std::string text = software.program.empty() ? program.words.front() : software.program;
  if (program.implied) {
    text += ", the python3 of PATH (--program names another)";
  }
  if (software.state == SoftwareState::known) {
    const auto decides = std::find_if(software.libraries.begin(), software.libraries.end(),
                                      [](const CarriedCode& code) { return code.decides; });
    return decides == software.libraries.end() ? text : text + ", with " + decides->path;
  }
  return software.why.empty() ? text : text + ": " + software.why;
}

std::string header(const Examination& examination, const Style& style) {
  const Machine& machine = examination.machine;
  std::string system =
      examination.distribution.empty() ? "unknown distribution" : examination.distribution;
  system += ", Linux " + machine.driver.kernel_release.value_or("unknown");
  std::vector<std::pair<std::string, std::string>> rows = {{"system", system}};
  for (const Gpu& gpu : machine.gpus) {
    rows.emplace_back("GPU", name_of(gpu));
  }
  rows.emplace_back("amdgpu", describe_loaded(machine.driver));
  if (machine.driver.livepatch.loaded) {
    rows.emplace_back("livepatch", to_string(machine.driver.livepatch.state));
  }
  rows.emplace_back("ROCm", examination.rocm.empty()
                                ? "none where packages put it; a program may bring its own"
                                : examination.rocm);
  if (!examination.program.words.empty()) {
    rows.emplace_back("program", describe_program(examination.program));
  } else if (machine.supported()) {
    rows.emplace_back("program", "none with GPU code was found; name one with --program");
  }
  constexpr std::size_t column = 11;
  std::string text = bold("rocmfix " ROCMFIX_VERSION, style) + '\n';
  for (const auto& [name, value] : rows) {
    text += fmt::format("  {:<{}}{}\n", name, column - 2,
                        wrap(value, style.width - column, std::string(column, ' ')));
  }
  return text;
}

std::size_t id_width(const Examination& examination) {
  std::size_t width = 0;
  for (const CheckResult& result : examination.results) {
    width = std::max(width, result.check->id.size());
  }
  return width;
}

/// "0000:03:00.0: " where there is more than one GPU that it could be about.
std::string prefix(const Finding& finding, const Examination& examination) {
  return finding.gpu.empty() || examination.machine.gpus.size() < 2 ? "" : finding.gpu + ": ";
}

std::string line(const CheckResult& result, const Examination& examination, const Style& style) {
  const std::size_t width = id_width(examination);
  const std::size_t column = (style.signs ? 2 : 5) + width + 2;
  const std::string summary = prefix(result.finding, examination) + result.finding.summary;
  return fmt::format("{} {:<{}}  {}\n", mark_of(result.finding.verdict, style), result.check->id,
                     width, wrap(summary, style.width - column, std::string(column, ' ')));
}

bool needs_details(const Finding& finding) {
  return finding.verdict != CheckVerdict::ok &&
         (finding.verdict != CheckVerdict::note || !finding.command.empty());
}

std::string details(const CheckResult& result, const Examination& examination, bool verbose,
                    const Style& style) {
  constexpr std::size_t indent = 4;
  const Finding& finding = result.finding;
  std::string text = fmt::format("\n{} {}\n", mark_of(finding.verdict, style),
                                 bold(std::string(result.check->id), style));
  text += paragraph(prefix(finding, examination) + finding.summary + ".", indent, style);
  for (const std::string& one : finding.evidence) {
    text += paragraph("- " + one, indent, style);
  }
  if (!finding.remedy.empty()) {
    text += paragraph(finding.remedy, indent, style);
  }
  if (!finding.command.empty()) {
    // Never broken: it is there to be copied.
    text += fmt::format("{}{}\n", std::string(indent, ' '),
                        bold("$ " + printable(finding.command), style));
  }
  if (verbose) {
    const std::string_view grade =
        finding.grade.empty() ? result.check->grade : std::string_view(finding.grade);
    const std::string_view source =
        finding.source.empty() ? result.check->source : std::string_view(finding.source);
    text += paragraph(fmt::format("{}: {}", grade_in_words(grade), source), indent, style);
  }
  return text;
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string closing(const Examination& examination, const Style& style) {
  const auto count = [&](CheckVerdict verdict) {
    return static_cast<std::size_t>(
        std::count_if(examination.results.begin(), examination.results.end(),
                      [&](const CheckResult& one) { return one.finding.verdict == verdict; }));
  };
  if (examination.gpus_hidden) {
    return "Whether there is a supported GPU could not be found out.\n";
  }
  if (!examination.machine.supported()) {
    return "No supported GPU (RX 5000 or RX 6000 series) was found: there is nothing to check.\n";
  }
  const std::size_t problems = count(CheckVerdict::problem);
  const std::size_t warnings = count(CheckVerdict::warning);
  std::string text = plural(examination.checked, "check") + ": ";
  if (problems + warnings == 0) {
    text += "nothing found that is known to go wrong";
  } else {
    text += problems > 0 ? plural(problems, "problem") : "";
    text += problems > 0 && warnings > 0 ? ", " : "";
    text += warnings > 0 ? plural(warnings, "warning") : "";
  }
  if (const std::size_t unknown = count(CheckVerdict::unknown); unknown > 0) {
    text += fmt::format("; {} unknown", unknown);
  }
  text += problems + warnings == 0 ? "." : ". More on one: rocmfix doctor --explain CHECK";
  return wrap(text, style.width, "") + '\n';
}

}  // namespace

Style style_of_stdout() {
  Style style;
  if (::isatty(STDOUT_FILENO) == 0) {
    return style;
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp<std::size_t>(size.ws_col, narrowest, widest);
  }
  const auto is = [](const char* name, std::string_view value) {
    const char* const given = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return given != nullptr && given == value;
  };
  const char* const no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  style.color = (no_color == nullptr || *no_color == '\0') && !is("TERM", "dumb");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  static_cast<void>(std::setlocale(LC_CTYPE, ""));
  style.signs = std::string_view(::nl_langinfo(CODESET)) == "UTF-8" && !is("TERM", "linux");
  return style;
}

std::string describe(const Examination& examination, bool verbose, const Style& style) {
  std::string text = header(examination, style) + '\n';
  for (const CheckResult& result : examination.results) {
    text += line(result, examination, style);
  }
  for (const CheckResult& result : examination.results) {
    if (verbose || needs_details(result.finding)) {
      text += details(result, examination, verbose, style);
    }
  }
  return text + (examination.results.empty() ? "" : "\n") + closing(examination, style);
}

std::string describe(const CheckText& text, const Style& style) {
  std::string out = fmt::format("{}: {}\n\n", bold(text.id, style), text.title);
  out += paragraph(fmt::format("Reads: {}.", text.reads), 0, style) + '\n';
  out += paragraph(text.means, 0, style);
  const FaultRules rules = FaultRules::built_in();
  for (const FaultCause& cause : rules.causes()) {
    if (std::find(text.causes.begin(), text.causes.end(), cause.id) != text.causes.end()) {
      out +=
          '\n' + paragraph(fmt::format("Can lead to: {} ({})", cause.summary, cause.id), 0, style);
    }
  }
  return out + '\n' +
         paragraph(fmt::format("Known from: {} ({})", text.source, grade_in_words(text.grade)), 0,
                   style);
}

}  // namespace rocmfix::cli
