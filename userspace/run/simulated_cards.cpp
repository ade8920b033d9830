// SPDX-License-Identifier: MIT
#include "simulated_cards.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "card.hpp"
#include "util/formatted.hpp"
#include "util/text_table.hpp"

namespace rocmfix::run {

namespace {

std::string gc_of(const sim::Card& card) {
  return formatted("{}.{}.{}", card.gc_major, card.gc_minor, card.gc_revision);
}

}  // namespace

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
                    "GC " + gc_of(card), formatted("{} MiB", card.vram_mib)});
  }
  std::string text = text_table(rows);
  rows.clear();
  for (const sim::CardOption& option : sim::card_options()) {
    rows.push_back({"+" + std::string(option.name), std::string(option.meaning)});
  }
  text += "\nAfter a card's name:\n" + text_table(rows, "  ");
  return text + "\nFor example: rocmfix-run --simulate rx6700xt+largebar,raphael rocmfix status\n";
}

}  // namespace rocmfix::run
