// SPDX-License-Identifier: MIT
#include "selftest/verdict.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

struct Word {
  std::string_view word;
  Outcome outcome;
};

constexpr std::array<Word, 11> words = {{{"right", Outcome::right},
                                         {"wrong", Outcome::wrong},
                                         {"stale", Outcome::stale},
                                         {"silent", Outcome::silent},
                                         {"fault", Outcome::fault},
                                         {"hang", Outcome::hang},
                                         {"crash", Outcome::crash},
                                         {"failed", Outcome::failed},
                                         {"unavailable", Outcome::unavailable},
                                         {"skipped", Outcome::skipped},
                                         {"slow", Outcome::slow}}};

// userspace/selftest/litmus/play.cpp.
constexpr std::array<Word, 4> litmus_words = {{{"coherent", Outcome::right},
                                               {"not-seen", Outcome::stale},
                                               {"old-data", Outcome::stale},
                                               {"not-run", Outcome::failed}}};

template <std::size_t Size>
std::optional<Outcome> find(const std::array<Word, Size>& list, std::string_view word) {
  for (const Word& one : list) {
    if (one.word == word) {
      return one.outcome;
    }
  }
  return std::nullopt;
}

/// One write(2), so that threads do not mix their lines.
void say(const std::string& line) {
  write_all(STDOUT_FILENO, line);
}

}  // namespace

std::string_view outcome_word(Outcome outcome) {
  return words.at(static_cast<std::size_t>(outcome)).word;
}

bool is_complaint(Outcome outcome) {
  return outcome != Outcome::right && outcome != Outcome::slow && outcome != Outcome::unavailable &&
         outcome != Outcome::skipped;
}

void say_figure(const char* name, double value) {
  say(formatted("figure {} {:.6g}\n", name, value));
}

void say_armed() {
  say("armed\n");
}

void finish(Outcome outcome, const std::string& detail) {
  say(formatted("{} {}\n", outcome_word(outcome), printable(detail)));
  // The runtime's own end can take long, or crash: that is not what was tested.
  _exit(EXIT_SUCCESS);
}

void Said::take(std::string_view line) {
  constexpr std::size_t most_figures = 64;
  if (line == "armed") {
    armed = true;
    return;
  }
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) {
    return;
  }
  const std::string_view word = line.substr(0, blank);
  const std::string_view rest = line.substr(blank + 1);
  if (word == "figure") {
    const std::size_t end = rest.find(' ');
    double value = 0;
    if (end != std::string_view::npos && figures.size() < most_figures &&
        std::from_chars(rest.data() + end + 1, rest.data() + rest.size(), value).ec ==
            std::errc{}) {
      figures.push_back({printable(rest.substr(0, end)), value});
    }
    return;
  }
  auto found = find(words, word);
  const auto litmus = find(litmus_words, word);
  if (found || litmus) {
    finished = true;
    outcome = found ? *found : *litmus;
    detail = printable_line(rest, 400);
    if (!found && litmus != Outcome::right) {
      detail = formatted("{}: {}", word, detail);
    }
  }
}

}  // namespace rocmfix::selftest
