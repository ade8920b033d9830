// SPDX-License-Identifier: MIT
// Build tool: ladder.toml in, C++ constant tables out. Refuses what the library would refuse, and a
// lint failure: a name or a step that stands twice, a limit that is missing, a measure with a cause
// that faults.toml does not know.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "emitter.hpp"
#include "fault_rules_toml.hpp"
#include "ladder_toml.hpp"

namespace {

using rocmfix::Assignment;
using rocmfix::LadderTables;
using rocmfix::RestartLimits;
using rocmfix::Rung;
using rocmfix::generate::Emitter;
using rocmfix::generate::quoted;
using rocmfix::generate::read_file;
using rocmfix::generate::value_or_exit;

std::string emit(Emitter& emitter, const Rung& rung) {
  std::vector<std::string> set;
  for (const Assignment& one : rung.set) {
    set.push_back(fmt::format("{{{}, {}}}", quoted(one.name), quoted(one.value)));
  }
  std::vector<std::string> kinds;
  for (const auto kind : rung.when.fault) {
    kinds.push_back(fmt::format("FaultKind::{}", to_string(kind)));
  }
  const std::string when = fmt::format(
      "{{.fault = {}, .cause = {}, .no_cause = {}, .family = {}, .gfx = {}, .faults = {}}}",
      emitter.array("FaultKind", kinds), emitter.strings(rung.when.cause),
      emitter.strings(rung.when.no_cause), emitter.strings(rung.when.family),
      emitter.strings(rung.when.gfx), rung.when.faults);
  return fmt::format(
      "{{.name = {}, .step = {}, .summary = {}, .set = {}, .over_user = {}, .hint = {}, "
      ".diagnosis = {}, .loud = {}, .enabled = {}, .when = {}, .grade = {}, .source = {}}}",
      quoted(rung.name), rung.step, quoted(rung.summary), emitter.array("Assignment", set),
      rung.over_user, rung.hint, rung.diagnosis, rung.loud, rung.enabled, when, quoted(rung.grade),
      quoted(rung.source));
}

std::string emit(const RestartLimits& limits) {
  return fmt::format(
      "{{.interval_ms = {}, .burst = {}, .delay_ms = {}, .delay_max_ms = {}, .settle_ms = {}, "
      ".calm_ms = {}}}",
      limits.interval_ms, limits.burst, limits.delay_ms, limits.delay_max_ms, limits.settle_ms,
      limits.calm_ms);
}

std::vector<std::string> lint(const LadderTables& tables, const rocmfix::FaultTables& faults) {
  std::vector<std::string> found;
  std::set<std::string_view> names;
  std::set<std::uint64_t> steps;
  std::set<std::string_view> causes;
  for (const auto& cause : faults.causes) {
    causes.insert(cause.id);
  }
  for (const Rung& rung : tables.rungs) {
    if (!names.insert(rung.name).second || !steps.insert(rung.step).second) {
      found.push_back(fmt::format("{}: its name or its step stands twice", rung.name));
    }
    for (const auto& list : {rung.when.cause, rung.when.no_cause}) {
      for (const std::string_view cause : list) {
        if (!causes.contains(cause)) {
          found.push_back(fmt::format("{}: faults.toml has no cause '{}'", rung.name, cause));
        }
      }
    }
  }
  const RestartLimits& limits = tables.limits;
  for (const std::uint64_t limit : {limits.interval_ms, limits.burst, limits.delay_ms,
                                    limits.delay_max_ms, limits.settle_ms, limits.calm_ms}) {
    if (limit == 0) {
      found.emplace_back("a limit of [restart] is missing");
    }
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: {} ladder.toml faults.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  rocmfix::PolicyArena arena;
  const LadderTables tables =
      value_or_exit(rocmfix::parse_ladder(read_file(argv[1]), argv[1], arena));
  const auto faults =
      value_or_exit(rocmfix::parse_fault_tables(read_file(argv[2]), argv[2], arena));
  const auto found = lint(tables, faults);
  for (const auto& fault : found) {
    fmt::print(stderr, "error: {}: {}\n", argv[1], fault);
  }
  if (!found.empty()) {
    return 1;
  }
  Emitter emitter;
  std::vector<std::string> rows;
  rows.reserve(tables.rungs.size());
  for (const Rung& rung : tables.rungs) {
    rows.push_back(emit(emitter, rung));
  }
  const std::string rungs = emitter.array("Rung", rows);
  std::ofstream out(argv[3], std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/ladder.toml; edit that.\n"
      "#include \"ladder_tables.hpp\"\n\n"
      "namespace rocmfix::tables {{\nnamespace {{\n{}}}  // namespace\n\n"
      "const std::span<const Rung> ladder_rungs({});\n"
      "const RestartLimits restart_limits{};\n}}  // namespace rocmfix::tables\n",
      emitter.text(), rungs, emit(tables.limits));
  out.close();
  return out ? 0 : 1;
}
