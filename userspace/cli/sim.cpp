// SPDX-License-Identifier: MIT
#include "sim.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "card.hpp"
#include "output.hpp"

namespace rocmfix::cli {

namespace {

std::string gc_of(const sim::Card& card) {
  return fmt::format("{}.{}.{}", card.gc_major, card.gc_minor, card.gc_revision);
}

std::string cards_json() {
  using Json = nlohmann::ordered_json;
  Json cards = Json::array();
  for (const sim::Card& card : sim::cards()) {
    cards.push_back({{"card", card.name},
                     {"name", card.title},
                     {"gfx", sim::gfx_name(card.gfx_target)},
                     {"gc", gc_of(card)},
                     {"vram_mib", card.vram_mib},
                     {"apu", card.apu}});
  }
  Json options = Json::array();
  for (const sim::CardOption& option : sim::card_options()) {
    options.push_back({{"option", option.name}, {"meaning", option.meaning}});
  }
  return Json{{"schema", 1}, {"cards", cards}, {"options", options}}.dump(2) + '\n';
}

std::string cards_text() {
  std::vector<std::vector<std::string>> rows;
  for (const sim::Card& card : sim::cards()) {
    rows.push_back({std::string(card.name), std::string(card.title), sim::gfx_name(card.gfx_target),
                    "GC " + gc_of(card), fmt::format("{} MiB", card.vram_mib)});
  }
  std::string text = format_table(rows, "");
  rows.clear();
  for (const sim::CardOption& option : sim::card_options()) {
    rows.push_back({"+" + std::string(option.name), std::string(option.meaning)});
  }
  text += "\nAfter a card's name:\n" + format_table(rows, "  ");
  return text + "\nFor example: rocmfix-run --simulate rx6700xt+largebar,raphael rocmfix status\n";
}

}  // namespace

int run_sim_list(bool json) {
  return print_result(json ? cards_json() : cards_text(), exit_ok);
}

}  // namespace rocmfix::cli
