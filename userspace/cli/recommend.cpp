// SPDX-License-Identifier: MIT
// `rocmfix recommend`: the line that installs a framework for a card, and what is known not to
// work. Everything it knows is in builds.toml; it installs nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "output.hpp"
#include "rocmfix/builds.hpp"
#include "rocmfix/gpu.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "util/grade.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

constexpr std::size_t text_width = 76;
constexpr const char* override_name = "HSA_OVERRIDE_GFX_VERSION";

std::string item(std::string_view text) {
  return fmt::format("  - {}\n", wrap(text, text_width, "    "));
}

std::string paragraph(std::string_view text) {
  return fmt::format("  {}\n", wrap(text, text_width, "  "));
}

std::string override_text(const BuildChoice& choice, std::string_view gfx) {
  if (choice.build->route != BuildRoute::rocm) {
    return "";  // nothing in it reads the variable
  }
  switch (choice.card->need) {
    case OverrideNeed::required:
      return fmt::format(
          "{}={} is needed, because it has no code for {}; {}.", override_name, choice.card->value,
          gfx,
          choice.command.find(override_name) != std::string::npos
              ? "the command sets it for the service"
              : "rocmfix-run sets it where that is right for every GPU of the program");
    case OverrideNeed::forbidden:
      return fmt::format("{} must not be set: it has code for {} itself.", override_name, gfx);
    case OverrideNeed::none:
      break;
  }
  return fmt::format("{} is not needed.", override_name);
}

/// A build with all there is to know of it, the command first.
std::string described(const BuildChoice& choice, std::string_view gfx) {
  const Build& build = *choice.build;
  std::string text = fmt::format("  {}\n\n", printable(choice.command));
  text += paragraph(build.title);
  if (!choice.framework->place.empty()) {
    text += item(fmt::format("run it {}", choice.framework->place));
  }
  for (const std::string& condition : choice.conditions) {
    text += item(condition);
  }
  if (const std::string about = override_text(choice, gfx); !about.empty()) {
    text += item(about);
  }
  for (const BuildProblem* const problem : choice.problems) {
    text += item(fmt::format("known: {} [{}: {}]", problem->what, grade_in_words(problem->grade),
                             problem->source));
  }
  return text + paragraph(fmt::format("[{}: {}; looked up on {}]", grade_in_words(build.grade),
                                      build.source, build.checked));
}

/// What an answer that is not the obvious one has to be introduced with.
std::string introduction(const CardBuilds& card, const Framework& framework) {
  const BuildChoice& best = card.builds.front();
  std::string text;
  if (!best.fits) {
    text = paragraph("What is known does not fit this machine. The nearest:") + "\n";
  } else if (best.build->route != BuildRoute::rocm &&
             std::none_of(card.builds.begin(), card.builds.end(), [](const auto& one) {
               return one.usable() && one.fits && one.build->route == BuildRoute::rocm;
             })) {
    text = paragraph(fmt::format("No build of {} with ROCm code for {} is known that fits here. "
                                 "The next best is {}:",
                                 framework.title, card.gfx, best.on_gpu() ? "Vulkan" : "the CPU")) +
           "\n";
  }
  if (!best.on_gpu() && !framework.alternative.empty()) {
    text +=
        paragraph(fmt::format("On the GPU: rocmfix recommend --for {}", framework.alternative)) +
        "\n";
  }
  return text;
}

/// A build that is not the best, in a line.
std::string mention(const BuildChoice& choice) {
  std::vector<std::string> clauses = choice.conditions;
  if (choice.card->need == OverrideNeed::required) {
    clauses.push_back(fmt::format("with {}={}", override_name, choice.card->value));
  }
  return item(clauses.empty()
                  ? std::string(choice.build->title)
                  : fmt::format("{} ({})", choice.build->title, fmt::join(clauses, "; ")));
}

std::string others(const CardBuilds& card, bool all) {
  std::string usable;
  std::string unusable;
  const bool first_is_shown = !card.builds.empty() && card.builds.front().usable();
  for (auto choice = card.builds.begin() + (first_is_shown ? 1 : 0); choice != card.builds.end();
       ++choice) {
    if (choice->usable()) {
      usable += all ? "\n" + described(*choice, card.gfx) : mention(*choice);
      continue;
    }
    unusable += item(fmt::format(
        "{}: {}{}", choice->build->title, choice->card->unusable,
        all ? fmt::format(" [{}: {}]", grade_in_words(choice->build->grade), choice->build->source)
            : ""));
  }
  std::string text;
  if (!usable.empty()) {
    text += (all ? "\nOther builds:\n" : "\nOther builds (--all shows their commands):\n") + usable;
  }
  if (!unusable.empty()) {
    text += fmt::format("\nDoes not work on {}:\n{}", card.gfx, unusable);
  }
  return text;
}

std::string report(const std::vector<CardBuilds>& cards, const Framework& framework, bool all) {
  std::string text;
  for (const CardBuilds& card : cards) {
    text +=
        fmt::format("{}{} for {} ({})\n\n", text.empty() ? "" : "\n", printable(framework.title),
                    card.gfx, printable(fmt::format("{}", fmt::join(card.cards, ", "))));
    if (card.builds.empty() || !card.builds.front().usable()) {
      text += paragraph(fmt::format("No build of {} for {} is known.", framework.title, card.gfx));
    } else {
      text += introduction(card, framework) + described(card.builds.front(), card.gfx);
    }
    text += others(card, all);
  }
  return text;
}

/// The supported cards of the machine, by target, in the order of their addresses.
Result<std::vector<CardBuilds>> cards_of(const Root& root, const Policy& policy) {
  std::vector<CardBuilds> cards;
  for (const Gpu& gpu : discover_gpus(root, policy)) {
    if (!gpu.supported || !gpu.gfx) {
      continue;
    }
    auto same = std::find_if(cards.begin(), cards.end(),
                             [&](const CardBuilds& one) { return one.gfx == *gpu.gfx; });
    if (same == cards.end()) {
      same = cards.insert(cards.end(), {.gfx = *gpu.gfx, .cards = {}, .bdfs = {}, .builds = {}});
    }
    same->cards.push_back(gpu.name.value_or("AMD GPU"));
    same->bdfs.push_back(gpu.bdf);
  }
  if (cards.empty()) {
    if (auto hidden = unreadable_gpus(root)) {
      return fail(std::move(*hidden));
    }
    return fail(Error{ErrorCode::not_applicable,
                      "no supported GPU (RX 5000 or RX 6000 series) here", 0,
                      "for another machine's card: rocmfix recommend --gfx gfx1031"});
  }
  return cards;
}

Result<std::vector<CardBuilds>> cards_of_target(std::string gfx, const Policy& policy) {
  std::transform(gfx.begin(), gfx.end(), gfx.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  CardBuilds card{.gfx = gfx, .cards = {}, .bdfs = {}, .builds = {}};
  std::vector<std::string_view> known;
  for (const Chip& chip : policy.chips()) {
    if (std::find(known.begin(), known.end(), chip.gfx) == known.end()) {
      known.push_back(chip.gfx);
    }
    if (chip.gfx == gfx) {
      card.cards.emplace_back(chip.name);
    }
  }
  if (card.cards.empty()) {
    return fail(Error{ErrorCode::not_applicable,
                      fmt::format("rocmfix knows no card with the target '{}'", gfx), 0,
                      fmt::format("known: {}", fmt::join(known, ", "))});
  }
  return std::vector<CardBuilds>{std::move(card)};
}

std::string frameworks_text(const Builds& builds) {
  std::vector<std::vector<std::string>> rows;
  for (const Framework& one : builds.frameworks()) {
    rows.push_back({std::string(one.name), std::string(one.title),
                    fmt::format("{}", fmt::join(one.aliases, ", "))});
  }
  return format_table(rows);
}

int run_recommend(const Root& root, const Request& request) {
  const auto policy = Policy::load(root);
  if (!policy) {
    return print_error(policy.error(), request.json);
  }
  const auto builds = Builds::load(root);
  if (!builds) {
    return print_error(builds.error(), request.json);
  }
  if (request.list) {
    return print_result(
        request.json ? frameworks_json(builds->frameworks()) : frameworks_text(*builds), exit_ok);
  }
  const Framework* const framework = builds->framework(request.framework);
  if (framework == nullptr) {
    std::vector<std::string_view> names;
    std::transform(builds->frameworks().begin(), builds->frameworks().end(),
                   std::back_inserter(names), [](const Framework& one) { return one.name; });
    print_error(
        {ErrorCode::invalid, fmt::format("nothing is known of a framework '{}'", request.framework),
         0, fmt::format("known: {}", fmt::join(names, ", "))},
        request.json);
    return exit_usage;
  }
  // A card that is named is in another machine, of which nothing is known.
  const bool here = request.gfx.empty();
  auto cards = here ? cards_of(root, *policy) : cards_of_target(request.gfx, *policy);
  if (!cards) {
    return print_error(cards.error(), request.json);
  }
  const Surroundings surroundings = here ? surroundings_of(root) : Surroundings{};
  for (CardBuilds& card : *cards) {
    card.builds = builds_for(*builds, card.gfx, *framework, surroundings);
  }
  return print_result(
      request.json ? builds_json(*framework, *cards) : report(*cards, *framework, request.all),
      exit_ok);
}

}  // namespace

const Verb recommend_verb{nullptr, "recommend",
                          "show the command that installs PyTorch and others for the card",
                          accepts_build, run_recommend};

}  // namespace rocmfix::cli
