// SPDX-License-Identifier: MIT
// Which builds there are for a card, in which order, and the line that installs each.
#include <algorithm>
#include <charconv>

#include "base/distribution.hpp"
#include "rocmfix/builds.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"
#include "util/words.hpp"

namespace rocmfix {

namespace {

bool contains(Strings list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// The number after the point of "3.13"; 0: it is not of that form.
unsigned minor_of(std::string_view version) {
  const auto point = version.find('.');
  unsigned number = 0;
  if (point != std::string_view::npos) {
    std::from_chars(version.data() + point + 1, version.data() + version.size(), number);
  }
  return number;
}

/// "3.10 to 3.14", "12 or 13", "3.9, 3.11 or 3.13".
std::string one_of(Strings items) {
  bool row = items.size() > 2;
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    row = row && minor_of(items[i]) != 0 &&
          (i == 0 || minor_of(items[i]) == minor_of(items[i - 1]) + 1);
    if (i > 0) {
      text += i + 1 == items.size() ? " or " : ", ";
    }
    text += items[i];
  }
  return row ? formatted("{} to {}", items.front(), items.back()) : text;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

detail::OsRelease os_of(const Surroundings& surroundings) {
  detail::OsRelease os;
  os.id_like = surroundings.distribution.value_or("debian");
  return os;
}

/// "{install curl git} && REST" with this distribution's command; where that is not known, REST
/// alone, and a condition.
std::string with_packages(BuildChoice& choice, const Surroundings& surroundings) {
  constexpr std::string_view begin = "{install ";
  constexpr std::string_view separator = " && ";
  const std::string_view line = choice.build->command;
  if (!line.starts_with(begin)) {
    return std::string(line);
  }
  const auto end = line.find('}');
  if (end == std::string_view::npos) {
    return std::string(line);
  }
  const std::string_view names = line.substr(begin.size(), end - begin.size());
  std::string_view rest = line.substr(end + 1);
  if (const auto command = detail::install_command(os_of(surroundings), words_of(names))) {
    return *command + std::string(rest);
  }
  choice.conditions.push_back(
      formatted("your distribution's packages of these have to be installed: {}", names));
  rest.remove_prefix(std::min(rest.size(), separator.size()));
  return std::string(rest);
}

std::string command_of(BuildChoice& choice, std::string_view gfx,
                       const Surroundings& surroundings) {
  const Build& build = *choice.build;
  const std::string_view then = choice.framework->then;
  std::string line = with_packages(choice, surroundings);
  if (line.empty()) {
    line = "{pip} install";
    if (!build.index.empty()) {
      line += " --index-url " + shell_word(build.index);
    }
    for (const std::string& requirement : choice.requirements) {
      line += " " + shell_word(requirement);
    }
  }
  if (!then.empty()) {
    line += " && " + std::string(then);
  }
  line = replaced(std::move(line), "{gfx}", gfx);
  if (line.find("{pip}") == std::string::npos) {
    return line;
  }
  if (!surroundings.interpreter.empty()) {
    return replaced(std::move(line), "{pip}", shell_word(surroundings.interpreter) + " -m pip");
  }
  // One version only: that interpreter has to make the environment.
  const std::string python =
      build.python.size() == 1 ? "python" + std::string(build.python.front()) : "python3";
  return python + " -m venv venv && " + replaced(std::move(line), "{pip}", "venv/bin/pip");
}

/// Groups in the order of builds_for().
enum Group : std::uint8_t { fitting, other_python, on_the_cpu, other_debian, not_working };

Group add_conditions(BuildChoice& choice, const Surroundings& surroundings) {
  const Build& build = *choice.build;
  bool python_fits = true;
  bool debian_fits = true;
  bool debian_known = true;
  if (!build.python.empty()) {
    python_fits = !surroundings.python || contains(build.python, *surroundings.python);
    if (!python_fits) {
      choice.conditions.push_back(formatted("it needs Python {}, and here is {}",
                                            one_of(build.python), *surroundings.python));
    } else if (!surroundings.python) {
      choice.conditions.push_back(formatted("it needs Python {}", one_of(build.python)));
    }
  }
  if (!build.debian.empty()) {
    debian_known = surroundings.debian.has_value();
    debian_fits = !debian_known || contains(build.debian, *surroundings.debian);
    if (!debian_fits) {
      choice.conditions.push_back(
          formatted("it is for Debian {}, and here is {}", one_of(build.debian),
                    surroundings.debian->empty() ? "another distribution"
                                                 : "Debian " + *surroundings.debian));
    } else if (!debian_known) {
      choice.conditions.push_back(formatted("it is for Debian {}", one_of(build.debian)));
    }
  }
  if (!build.needs.empty()) {
    choice.conditions.push_back(formatted("it needs {}", build.needs));
  }
  choice.fits = python_fits && debian_fits;
  if (!choice.usable()) {
    return not_working;
  }
  if (!debian_fits) {
    return other_debian;
  }
  if (build.route == BuildRoute::cpu) {
    return on_the_cpu;
  }
  // Where the distribution is not known, what is for any is a better answer.
  return python_fits && debian_known ? fitting : other_python;
}

void add_problems(std::vector<const BuildProblem*>& list, std::span<const BuildProblem> problems,
                  std::string_view gfx) {
  for (const BuildProblem& problem : problems) {
    if (problem.gfx.empty() || contains(problem.gfx, gfx)) {
      list.push_back(&problem);
    }
  }
}

}  // namespace

std::vector<BuildChoice> builds_for(const Builds& builds, std::string_view gfx,
                                    const Framework& framework, const Surroundings& surroundings) {
  const Framework* const base =
      framework.builds_of.empty() ? nullptr : builds.framework(framework.builds_of);
  const std::string_view wanted = base == nullptr ? framework.name : base->name;
  std::vector<std::pair<Group, BuildChoice>> found;
  for (const Build& build : builds.builds()) {
    const BuildCard* const card = build.card(gfx);
    if (card == nullptr || !contains(build.frameworks, wanted)) {
      continue;
    }
    BuildChoice choice;
    choice.build = &build;
    choice.card = card;
    choice.framework = &framework;
    for (const std::string_view requirement : build.requirements) {
      choice.requirements.push_back(replaced(std::string(requirement), "{gfx}", gfx));
    }
    if (choice.usable()) {
      choice.command = command_of(choice, gfx, surroundings);
    }
    if (choice.on_gpu()) {
      add_problems(choice.problems, build.problems, gfx);
      add_problems(choice.problems, framework.problems, gfx);
      if (base != nullptr) {
        add_problems(choice.problems, base->problems, gfx);
      }
    }
    const Group group = add_conditions(choice, surroundings);
    found.emplace_back(group, std::move(choice));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<BuildChoice> sorted;
  sorted.reserve(found.size());
  for (auto& [group, choice] : found) {
    sorted.push_back(std::move(choice));
  }
  return sorted;
}

std::optional<BuildChoice> best_build(const Builds& builds, std::string_view gfx,
                                      const Framework& framework,
                                      const Surroundings& surroundings) {
  auto list = builds_for(builds, gfx, framework, surroundings);
  const auto found = std::find_if(list.begin(), list.end(), [](const BuildChoice& choice) {
    return choice.on_gpu() && choice.fits;
  });
  return found == list.end() ? std::nullopt : std::optional(std::move(*found));
}

}  // namespace rocmfix
