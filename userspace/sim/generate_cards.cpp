// SPDX-License-Identifier: MIT
// Build tool: cards.toml and gpus.toml in, a C++ constant table of cards out. GC version, gfx
// target and chip of a card are those that gpus.toml has for its device id. Refuses an unknown key,
// a missing one, and a card that says itself what gpus.toml says.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace {

struct Identity {
  std::string chip;
  std::vector<std::int64_t> gc;
  std::int64_t gfx_target = 0;
};

const std::set<std::string_view> known_keys = {
    "name",     "asic", "apu",    "device",       "revision", "subsystem", "gc",
    "vram_mib", "mclk", "sclk",   "engines",      "arrays",   "cu",        "gfx_target",
    "waves",    "sdma", "l2_kib", "cu_per_array", "l3_kib",   "vram_width"};

std::runtime_error bad(std::string_view card, std::string_view what) {
  return std::runtime_error(fmt::format("cards.toml: [{}]: {}", card, what));
}

std::vector<std::int64_t> numbers_between_dots(const std::string& text) {
  std::vector<std::int64_t> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const auto dot = std::min(text.find('.', at), text.size());
    numbers.push_back(std::stoll(text.substr(at, dot - at)));
    at = dot + 1;
  }
  return numbers;
}

// "gfx1031" is 100301: major, one hexadecimal digit of minor, one of stepping.
std::int64_t gfx_target_of(const std::string& gfx) {
  const std::string digits = gfx.substr(3);
  const auto hex = [](char c) { return std::stoll(std::string(1, c), nullptr, 16); };
  return std::stoll(digits.substr(0, digits.size() - 2)) * 10000 +
         hex(digits[digits.size() - 2]) * 100 + hex(digits.back());
}

Identity identify(const toml::table& gpus, std::int64_t device) {
  const std::string wanted = fmt::format("{:04x}", device);
  for (const auto& chip : *gpus["chip"].as_array()) {
    const auto& table = *chip.as_table();
    for (const auto& id : *table["pci"].as_array()) {
      if (id.value_or(std::string{}) == wanted) {
        return {table["name"].value_or(std::string{}),
                numbers_between_dots(table["gc"][0].value_or(std::string{})),
                gfx_target_of(table["gfx"].value_or(std::string{}))};
      }
    }
  }
  return {};
}

std::string emit(std::string_view name, const toml::table& card, const toml::table& gpus) {
  for (const auto& [key, value] : card) {
    if (!known_keys.contains(key.str())) {
      throw bad(name, fmt::format("unknown key '{}'", key.str()));
    }
  }
  const auto number = [&](std::string_view key, std::int64_t otherwise = -1) {
    const auto value = card[key].value<std::int64_t>().value_or(otherwise);
    if (value < 0) {
      throw bad(name, fmt::format("'{}' is missing or no number", key));
    }
    return value;
  };
  Identity identity = identify(gpus, number("device"));
  const bool says_itself = card.contains("gc") || card.contains("gfx_target");
  if (identity.gc.empty() != says_itself) {
    throw bad(name,
              "gc and gfx_target belong to chips that are not in gpus.toml, and to those only");
  }
  if (says_itself) {
    identity.gc = {card["gc"][0].value_or(-1), card["gc"][1].value_or(-1),
                   card["gc"][2].value_or(-1)};
    identity.gfx_target = number("gfx_target");
  }
  const std::vector<std::int64_t> numbers = {number("device"),
                                             card["subsystem"][0].value_or(std::int64_t{-1}),
                                             card["subsystem"][1].value_or(std::int64_t{-1}),
                                             number("revision"),
                                             identity.gc.at(0),
                                             identity.gc.at(1),
                                             identity.gc.at(2),
                                             identity.gfx_target,
                                             number("vram_mib"),
                                             number("vram_width"),
                                             number("mclk"),
                                             number("sclk"),
                                             number("engines"),
                                             number("arrays"),
                                             number("cu_per_array"),
                                             number("cu"),
                                             number("waves"),
                                             number("sdma", 2),
                                             number("l2_kib"),
                                             number("l3_kib", 0)};
  return fmt::format("    {{\"{}\", \"{}\", \"{}\", \"{}\", {}, {}}},\n", name,
                     card["name"].value_or(std::string{}), identity.chip,
                     card["asic"].value_or(std::string{}), fmt::join(numbers, ", "),
                     card["apu"].value_or(false));
}

void generate(const char* cards_path, const char* gpus_path, const char* out_path) {
  const toml::table cards = toml::parse_file(cards_path);
  const toml::table gpus = toml::parse_file(gpus_path);
  // In the order of the file: toml++ sorts by name.
  std::vector<std::pair<toml::source_position, std::string>> rows;
  for (const auto& [name, card] : cards) {
    rows.emplace_back(name.source().begin, emit(name.str(), *card.as_table(), gpus));
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::ofstream out(out_path);
  out << "// SPDX-License-Identifier: MIT\n// Generated from cards.toml and gpus.toml.\n"
         "#include \"card.hpp\"\n\nnamespace rocmfix::sim {\n\nnamespace {\n\n"
         "constexpr Card table[] = {\n";
  for (const auto& row : rows) {
    out << row.second;
  }
  out << "};\n\n}  // namespace\n\nstd::span<const Card> cards() { return table; }\n\n"
         "}  // namespace rocmfix::sim\n";
  if (!out.flush()) {
    throw std::runtime_error(fmt::format("cannot write {}", out_path));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: generate_cards CARDS GPUS OUT\n");
    return 2;
  }
  try {
    generate(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
