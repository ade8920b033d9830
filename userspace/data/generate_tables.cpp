// SPDX-License-Identifier: MIT
// Build tool: gpus.toml and settings.toml in, C++ constant tables out, so that nothing is parsed
// when a program starts. Refuses a file that the library would refuse, and a lint failure: two
// entries for one thing, or a value that is proposed and that no judgement covers (judgement_lint).
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "emitter.hpp"
#include "judgement_lint.hpp"
#include "policy/policy_toml.hpp"

namespace {

using rocmfix::Chip;
using rocmfix::Condition;
using rocmfix::Setting;
using rocmfix::generate::Emitter;
using rocmfix::generate::quoted;
using rocmfix::generate::read_file;
using rocmfix::generate::value_or_exit;

std::string optional_bool(const std::optional<bool>& value) {
  return value ? (*value ? "true" : "false") : "std::nullopt";
}

std::string emit(Emitter& emitter, const Condition& when) {
  return fmt::format(
      "{{.value = {}, .configured = {}, .any_family = {}, .any_gfx = {}, .all_gfx = {}, "
      ".any_gfx_but = {}, .kernel_below = {}, .kernel_at_least = {}, .patched = {}, .large_bar = "
      "{}, .forced = {}, .software = {}, .carries = {}, .lacks_gfx = {}, .carries_gpus = {}, "
      ".lacks_gpus = {}, "
      ".has_gpu = {}, .target_named = {}, .target = {}, .target_own = {}, .target_same_major = {}, "
      ".target_carried = {}, .ram_above_mib = {}, .ram_at_most_mib = {}}}",
      emitter.strings(when.value), emitter.strings(when.configured),
      emitter.strings(when.any_family), emitter.strings(when.any_gfx),
      emitter.strings(when.all_gfx), emitter.strings(when.any_gfx_but), quoted(when.kernel_below),
      quoted(when.kernel_at_least), optional_bool(when.patched), optional_bool(when.large_bar),
      optional_bool(when.forced), emitter.strings(when.software), emitter.strings(when.carries),
      emitter.strings(when.lacks_gfx), optional_bool(when.carries_gpus),
      optional_bool(when.lacks_gpus), optional_bool(when.has_gpu), optional_bool(when.target_named),
      emitter.strings(when.target), optional_bool(when.target_own),
      optional_bool(when.target_same_major), optional_bool(when.target_carried), when.ram_above_mib,
      when.ram_at_most_mib);
}

std::string emit(Emitter& emitter, const Chip& chip) {
  std::vector<std::string> versions;
  for (const auto& gc : chip.gc) {
    versions.push_back(fmt::format("{{{}, {}, {}}}", gc.major, gc.minor, gc.revision));
  }
  std::vector<std::string> ids;
  for (const auto id : chip.pci) {
    ids.push_back(fmt::format("0x{:04x}", id));
  }
  return fmt::format("{{.name = {}, .gfx = {}, .apu = {}, .gc = {}, .pci = {}}}", quoted(chip.name),
                     quoted(chip.gfx), chip.apu, emitter.array("GcVersion", versions),
                     emitter.array("std::uint16_t", ids));
}

std::string emit(Emitter& emitter, std::span<const rocmfix::Judgement> judgements) {
  std::vector<std::string> rows;
  for (const auto& judgement : judgements) {
    rows.push_back(
        fmt::format("{{.effect = static_cast<Effect>({}), .when = {}, .reason = {}, .source = {}}}",
                    static_cast<int>(judgement.effect), emit(emitter, judgement.when),
                    quoted(judgement.reason), quoted(judgement.source)));
  }
  return emitter.array("Judgement", rows);
}

std::string emit(Emitter& emitter, const Setting& setting) {
  std::vector<std::string> proposals;
  for (const auto& proposal : setting.proposals) {
    proposals.push_back(fmt::format("{{.profile = Profile::{}, .value = {}, .when = {}}}",
                                    to_string(proposal.profile), quoted(proposal.value),
                                    emit(emitter, proposal.when)));
  }
  return fmt::format(
      "{{.layer = Layer::{}, .name = {}, .summary = {}, .proposals = {}, .judgements = {}, "
      ".advice = {}, .per_node = {}}}",
      to_string(setting.layer), quoted(setting.name), quoted(setting.summary),
      emitter.array("Proposal", proposals), emit(emitter, setting.judgements),
      emit(emitter, setting.advice), setting.per_node);
}

template <class Item>
std::string emit_all(Emitter& emitter, std::string_view type, const std::vector<Item>& items) {
  std::vector<std::string> rows;
  rows.reserve(items.size());
  for (const auto& item : items) {
    rows.push_back(emit(emitter, item));
  }
  return emitter.array(type, rows);
}

// What the parser cannot see entry by entry.
std::vector<std::string> lint_chips(const std::vector<Chip>& chips) {
  std::vector<std::string> faults;
  std::set<unsigned> ids;
  std::set<std::string> versions;
  for (const auto& chip : chips) {
    for (const auto id : chip.pci) {
      if (!ids.insert(id).second) {
        faults.push_back(fmt::format("PCI id {:04x} belongs to two chips", id));
      }
    }
    for (const auto& gc : chip.gc) {
      if (!versions.insert(fmt::format("{}.{}.{}", gc.major, gc.minor, gc.revision)).second) {
        faults.push_back(fmt::format("a GC version of {} belongs to two chips", chip.name));
      }
    }
  }
  return faults;
}

std::vector<std::string> lint_settings(const std::vector<Chip>& chips,
                                       const std::vector<Setting>& settings) {
  std::vector<std::string> faults;
  std::set<std::string, std::less<>> names;
  for (const auto& setting : settings) {
    if (!names.insert(std::string(setting.name)).second) {
      faults.push_back(fmt::format("{} is duplicated", setting.name));
    }
    if (setting.judgements.empty()) {
      faults.push_back(fmt::format("{} has no judgement", setting.name));
    }
  }
  for (auto& fault : rocmfix::generate::unjudged_proposals(chips, settings)) {
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: {} gpus.toml settings.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  rocmfix::TomlArena arena;
  const auto chips = value_or_exit(rocmfix::parse_chips(read_file(argv[1]), argv[1], arena));
  const auto settings = value_or_exit(rocmfix::parse_settings(read_file(argv[2]), argv[2], arena));
  bool faulty = false;
  for (const auto& fault : lint_chips(chips)) {
    fmt::print(stderr, "error: {}: {}\n", argv[1], fault);
    faulty = true;
  }
  for (const auto& fault : lint_settings(chips, settings)) {
    fmt::print(stderr, "error: {}: {}\n", argv[2], fault);
    faulty = true;
  }
  if (faulty) {
    return 1;
  }
  Emitter emitter;
  const std::string chip_table = emit_all(emitter, "Chip", chips);
  const std::string setting_table = emit_all(emitter, "Setting", settings);
  std::ofstream out(argv[3], std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/*.toml; edit those.\n"
      "#include \"policy/tables.hpp\"\n\n"
      "namespace rocmfix::tables {{\nnamespace {{\n{}}}  // namespace\n\n"
      "const std::span<const Chip> chips({});\n"
      "const std::span<const Setting> settings({});\n}}  // namespace rocmfix::tables\n",
      emitter.text(), chip_table, setting_table);
  out.close();
  return out ? 0 : 1;
}
