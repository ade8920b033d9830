// SPDX-License-Identifier: MIT
#include <string_view>

#include "selftest/report.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

constexpr std::string_view style = R"(<style>
body { font: 15px/1.5 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2em .8em .2em 0; border-bottom: 1px solid #ccc; }
.right { color: #060; } .complaint { color: #a00; font-weight: bold; } .none { color: #666; }
pre { white-space: pre-wrap; background: #eee; padding: .5em; }
</style>)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string row(std::string_view name, std::string_view value) {
  return formatted("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
}

std::string machine_html(const Session& session) {
  const Machine& machine = session.machine;
  std::string out = "<table>\n";
  for (const Gpu& gpu : machine.gpus) {
    out += row("GPU", formatted("{} ({}), {}", gpu.name.value_or("unknown"),
                                gpu.gfx.value_or("unknown"), gpu.bdf));
  }
  out += row("system", formatted("{}, Linux {}", machine.distribution, machine.kernel));
  for (const auto& [name, value] : machine.driver) {
    out += row(name, value);
  }
  for (const auto& [name, value] : machine.environment) {
    out += row(name, value);
  }
  out += row("begun", session.began);
  out += row("rounds", formatted("{}, {:.0f} s in all, seed {}", session.rounds, session.seconds,
                                 session.options.seed));
  return out + "</table>\n";
}

std::string_view class_of(Outcome outcome) {
  return outcome == Outcome::right ? "right" : is_complaint(outcome) ? "complaint" : "none";
}

std::string result_html(const TestResult& result) {
  const Run& run = result.gravest;
  const std::string often =
      result.runs == 1 ? "" : formatted(", {} of {} runs", result.complaints, result.runs);
  std::string out =
      formatted("<tr><td>{}</td><td class=\"{}\">{}{}</td><td>{:.1f} s</td><td>{}</td></tr>\n",
                escaped(result.test->name), class_of(run.outcome), outcome_word(run.outcome), often,
                result.seconds, escaped(run.detail));
  if (is_complaint(run.outcome) && !run.said.empty()) {
    out += formatted("<tr><td></td><td colspan=\"3\"><pre>{}</pre></td></tr>\n", escaped(run.said));
  }
  return out;
}

}  // namespace

std::string session_html(const Session& session) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n";
  out += "<title>rocmfix-selftest</title>\n";
  out += style;
  out += "\n<h1>rocmfix-selftest</h1>\n";
  if (session.machine.simulated) {
    out += "<p class=\"complaint\">A simulated card: this says nothing about hardware.</p>\n";
  }
  out += formatted("<p>{}</p>\n", escaped(summary_text(session)));
  out += machine_html(session);
  out += "<h2>Tests</h2>\n<table>\n";
  for (const TestResult& result : session.results) {
    if (result.runs > 0) {
      out += result_html(result);
    }
  }
  return out + "</table>\n</html>\n";
}

}  // namespace rocmfix::selftest
