// SPDX-License-Identifier: MIT
#include "simulated_cards.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "card.hpp"
#include "util/formatted.hpp"

namespace rocmfix::run {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string gc_of(const sim::Card& card) {
  return formatted("{}.{}.{}", card.gc_major, card.gc_minor, card.gc_revision);
}

// Columns aligned by blanks, the last not padded.
std::string table(const Rows& rows, const std::string& indent) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    text += indent;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    text += row.back() + '\n';
  }
  return text;
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
  Rows rows;
  for (const sim::Card& card : sim::cards()) {
    rows.push_back({std::string(card.name), std::string(card.title), sim::gfx_name(card.gfx_target),
                    "GC " + gc_of(card), formatted("{} MiB", card.vram_mib)});
  }
  std::string text = table(rows, "");
  rows.clear();
  for (const sim::CardOption& option : sim::card_options()) {
    rows.push_back({"+" + std::string(option.name), std::string(option.meaning)});
  }
  text += "\nAfter a card's name:\n" + table(rows, "  ");
  return text + "\nFor example: rocmfix-run --simulate rx6700xt+largebar,raphael rocmfix status\n";
}

}  // namespace rocmfix::run
