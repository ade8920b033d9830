// SPDX-License-Identifier: MIT
// Build tool: mitigations.toml in, C++ constant tables out. Refuses what the library would refuse,
// and a lint failure: a name or a step that stands twice, a limit that is missing, a mitigation
// with a cause that faults.toml does not know.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "emitter.hpp"
#include "explain/fault_rules_toml.hpp"
#include "restart/mitigations_toml.hpp"

namespace {

using rocmfix::Assignment;
using rocmfix::Mitigation;
using rocmfix::MitigationTables;
using rocmfix::RestartLimits;
using rocmfix::generate::Emitter;
using rocmfix::generate::quoted;
using rocmfix::generate::read_file;
using rocmfix::generate::value_or_exit;

std::string emit(Emitter& emitter, const Mitigation& mitigation) {
  std::vector<std::string> set;
  for (const Assignment& one : mitigation.set) {
    set.push_back(fmt::format("{{{}, {}}}", quoted(one.name), quoted(one.value)));
  }
  std::vector<std::string> kinds;
  for (const auto kind : mitigation.when.fault) {
    kinds.push_back(fmt::format("FaultKind::{}", to_string(kind)));
  }
  const std::string when = fmt::format(
      "{{.fault = {}, .cause = {}, .no_cause = {}, .family = {}, .gfx = {}, .faults = {}}}",
      emitter.array("FaultKind", kinds), emitter.strings(mitigation.when.cause),
      emitter.strings(mitigation.when.no_cause), emitter.strings(mitigation.when.family),
      emitter.strings(mitigation.when.gfx), mitigation.when.faults);
  return fmt::format(
      "{{.name = {}, .step = {}, .summary = {}, .set = {}, .over_user = {}, .hint = {}, "
      ".diagnosis = {}, .loud = {}, .enabled = {}, .when = {}, .grade = {}, .source = {}}}",
      quoted(mitigation.name), mitigation.step, quoted(mitigation.summary),
      emitter.array("Assignment", set), mitigation.over_user, mitigation.hint, mitigation.diagnosis,
      mitigation.loud, mitigation.enabled, when, quoted(mitigation.grade),
      quoted(mitigation.source));
}

std::string emit(const RestartLimits& limits) {
  return fmt::format(
      "{{.interval_ms = {}, .burst = {}, .delay_ms = {}, .delay_max_ms = {}, .settle_ms = {}, "
      ".calm_ms = {}}}",
      limits.interval_ms, limits.burst, limits.delay_ms, limits.delay_max_ms, limits.settle_ms,
      limits.calm_ms);
}

std::vector<std::string> lint(const MitigationTables& tables, const rocmfix::FaultTables& faults) {
  std::vector<std::string> found;
  std::set<std::string_view> names;
  std::set<std::uint64_t> steps;
  std::set<std::string_view> causes;
  for (const auto& cause : faults.causes) {
    causes.insert(cause.id);
  }
  for (const Mitigation& mitigation : tables.mitigations) {
    if (!names.insert(mitigation.name).second || !steps.insert(mitigation.step).second) {
      found.push_back(fmt::format("{}: its name or its step stands twice", mitigation.name));
    }
    for (const auto& list : {mitigation.when.cause, mitigation.when.no_cause}) {
      for (const std::string_view cause : list) {
        if (!causes.contains(cause)) {
          found.push_back(fmt::format("{}: faults.toml has no cause '{}'", mitigation.name, cause));
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
    fmt::print(stderr, "usage: {} mitigations.toml faults.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  rocmfix::TomlArena arena;
  const MitigationTables tables =
      value_or_exit(rocmfix::parse_mitigations(read_file(argv[1]), argv[1], arena));
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
  rows.reserve(tables.mitigations.size());
  for (const Mitigation& mitigation : tables.mitigations) {
    rows.push_back(emit(emitter, mitigation));
  }
  const std::string mitigations = emitter.array("Mitigation", rows);
  std::ofstream out(argv[3], std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/mitigations.toml; edit that.\n"
      "#include \"restart/mitigation_table.hpp\"\n\n"
      "namespace rocmfix::tables {{\nnamespace {{\n{}}}  // namespace\n\n"
      "const std::span<const Mitigation> mitigations({});\n"
      "const RestartLimits restart_limits{};\n}}  // namespace rocmfix::tables\n",
      emitter.text(), mitigations, emit(tables.limits));
  out.close();
  return out ? 0 : 1;
}
