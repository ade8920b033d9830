// SPDX-License-Identifier: MIT
// Schema 1 of the documents. Field order is as documented; unknown is null.
#include "rocmfix/json.hpp"

#include "base/json_document.hpp"

namespace rocmfix {

namespace {

using detail::dump;
using detail::Json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json gpu_object(const Gpu& gpu) {
  return {{"bdf", gpu.bdf},
          {"pci_id", gpu.pci_id},
          {"name", or_null(gpu.name)},
          {"gfx", or_null(gpu.gfx)},
          {"gc", gpu.gc ? Json(to_string(*gpu.gc)) : Json(nullptr)},
          {"family", to_string(gpu.family)},
          {"supported", gpu.supported},
          {"kfd_node", or_null(gpu.kfd_node)},
          {"vram_bytes", or_null(gpu.vram_bytes)},
          {"large_bar", or_null(gpu.large_bar)}};
}

Json driver_object(const Driver& driver) {
  Json version = nullptr;
  Json parameters = Json::object();
  if (driver.loaded) {
    version = or_null(driver.loaded->version);
    for (const auto& [name, value] : driver.loaded->parameters) {
      parameters[name] = value;
    }
  }
  const auto variant = driver.variant();
  const bool known = driver.installed && (variant || !driver.installed->unread);
  const Json installed = known ? Json(variant.has_value()) : Json(nullptr);
  return {{"name", "amdgpu"},
          {"loaded", driver.loaded.has_value()},
          {"version", version},
          {"rocmfix",
           {{"installed", installed},
            {"active", driver.rocmfix_active()},
            {"carrier", variant ? Json(to_string(*variant)) : Json(nullptr)}}},
          {"parameters", parameters}};
}

Json array_of(Strings items) {
  Json array = Json::array();
  for (const std::string_view item : items) {
    array.push_back(item);
  }
  return array;
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json build_object(const BuildChoice& choice) {
  const Build& build = *choice.build;
  Json override_of = nullptr;
  if (choice.usable()) {
    override_of = {{"need", to_string(choice.card->need)},
                   {"value", text_or_null(choice.card->value)}};
  }
  Json problems = Json::array();
  for (const BuildProblem* const problem : choice.problems) {
    problems.push_back(
        {{"what", problem->what}, {"grade", problem->grade}, {"source", problem->source}});
  }
  return {{"name", build.name},
          {"title", build.title},
          {"route", to_string(build.route)},
          {"command", text_or_null(choice.command)},
          {"requirements", choice.requirements},
          {"index", text_or_null(build.index)},
          {"python", array_of(build.python)},
          {"debian", array_of(build.debian)},
          {"fits", choice.fits},
          {"conditions", choice.conditions},
          {"override", override_of},
          {"unusable", text_or_null(choice.card->unusable)},
          {"problems", problems},
          {"checked", build.checked},
          {"grade", build.grade},
          {"source", build.source}};
}

}  // namespace

std::string status_json(const Machine& machine) {
  Json gpus = Json::array();
  for (const Gpu& gpu : machine.gpus) {
    gpus.push_back(gpu_object(gpu));
  }
  return dump({{"schema", 1},
               {"gpus", gpus},
               {"driver", driver_object(machine.driver)},
               {"unreadable", machine.unreadable}});
}

std::string livepatch_json(const Driver& driver) {
  const Livepatch& livepatch = driver.livepatch;
  Json installed = nullptr;
  if (livepatch.installed) {
    installed = {{"file", livepatch.installed->file},
                 {"version", or_null(livepatch.installed->version)},
                 {"srcversion", or_null(livepatch.installed->srcversion)}};
  }
  Json loaded = nullptr;
  if (livepatch.loaded) {
    loaded = {{"version", or_null(livepatch.loaded->version)},
              {"srcversion", or_null(livepatch.loaded->srcversion)},
              {"parameters", livepatch.loaded->parameters}};
  }
  return dump({{"schema", 1},
               {"livepatch",
                {{"kernel", or_null(driver.kernel_release)},
                 {"installed", installed},
                 {"loaded", loaded},
                 {"state", to_string(livepatch.state)},
                 {"in_force", livepatch.in_force()}}}});
}

namespace {

Json effect_json(const std::optional<ValueEffect>& effect) {
  return effect ? Json{{"effect", to_string(effect->effect)},
                       {"reason", effect->reason},
                       {"source", effect->source}}
                : Json(nullptr);
}

Json conflicts_json(const std::vector<Conflict>& conflicts) {
  Json list = Json::array();
  for (const Conflict& conflict : conflicts) {
    list.push_back({{"name", conflict.option.name},
                    {"value", conflict.option.value},
                    {"file", conflict.option.file},
                    {"line", conflict.option.line},
                    {"wins", conflict.wins},
                    {"remedy", text_or_null(conflict.remedy)}});
  }
  return list;
}

Json line_faults_json(const std::vector<LineFault>& faults) {
  Json list = Json::array();
  for (const LineFault& fault : faults) {
    list.push_back({{"file", fault.file},
                    {"line", fault.line},
                    {"text", fault.text},
                    {"fault", fault.fault},
                    {"remedy", fault.remedy},
                    {"blocks", fault.blocks}});
  }
  return list;
}

}  // namespace

std::string plan_json(const Plan& plan) {
  Json settings = Json::array();
  for (const PlanRow& row : plan.settings) {
    settings.push_back({{"layer", to_string(row.layer)},
                        {"name", row.name},
                        {"current", or_null(row.current)},
                        {"configured", or_null(row.configured)},
                        {"proposed", or_null(row.proposed)},
                        {"effect", to_string(row.effect)},
                        {"reason", row.reason},
                        {"source", row.source},
                        {"configured_effect", effect_json(row.of_configured)},
                        {"current_effect", effect_json(row.of_current)},
                        {"withheld", or_null(row.withheld)},
                        {"command", text_or_null(row.command)}});
  }
  return dump({{"schema", 1},
               {"profile", to_string(plan.profile)},
               {"settings", settings},
               {"conflicts", conflicts_json(plan.conflicts)},
               {"faulty_lines", line_faults_json(plan.line_faults)}});
}

std::string change_json(const ChangeReport& report) {
  return dump({{"schema", 1},
               {"changed", report.changed},
               {"dry_run", report.dry_run},
               {"file", report.file},
               {"text", report.text},
               {"conflicts", conflicts_json(report.conflicts)},
               {"faulty_lines", line_faults_json(report.line_faults)},
               {"initramfs_updated", report.initramfs_updated},
               {"reboot_needed", report.reboot_needed},
               {"notes", report.notes}});
}

std::string verification_json(const Verification& verification) {
  Json checks = Json::array();
  for (const Check& check : verification.checks) {
    checks.push_back({{"id", check.id},
                      {"ok", or_null(check.ok)},
                      {"detail", check.detail},
                      {"hint", check.hint}});
  }
  return dump({{"schema", 1}, {"ok", verification.ok}, {"checks", checks}});
}

std::string environment_json(const EnvironmentPlan& environment) {
  const auto changes = [](const std::vector<EnvironmentChange>& items) {
    Json array = Json::array();
    for (const EnvironmentChange& item : items) {
      array.push_back({{"name", item.name}, {"value", item.value}, {"reason", item.reason}});
    }
    return array;
  };
  Json warnings = Json::array();
  for (const EnvironmentWarning& item : environment.warnings) {
    warnings.push_back({{"name", item.name},
                        {"value", item.value},
                        {"reason", item.reason},
                        {"source", item.source}});
  }
  Json advice = Json::array();
  for (const EnvironmentAdvice& item : environment.advice) {
    advice.push_back({{"name", item.name},
                      {"reason", item.reason},
                      {"source", item.source},
                      {"urgent", item.urgent},
                      {"command", text_or_null(item.command)}});
  }
  return dump({{"schema", 1},
               {"set", changes(environment.set)},
               {"kept", changes(environment.kept)},
               {"warnings", warnings},
               {"advice", advice}});
}

std::string builds_json(const Framework& framework, std::span<const CardBuilds> cards) {
  Json list = Json::array();
  for (const CardBuilds& card : cards) {
    Json builds = Json::array();
    for (const BuildChoice& choice : card.builds) {
      builds.push_back(build_object(choice));
    }
    list.push_back(
        {{"gfx", card.gfx}, {"cards", card.cards}, {"gpus", card.bdfs}, {"builds", builds}});
  }
  return dump({{"schema", 1}, {"framework", framework.name}, {"cards", list}});
}

std::string frameworks_json(std::span<const Framework> frameworks) {
  Json list = Json::array();
  for (const Framework& one : frameworks) {
    list.push_back({{"name", one.name}, {"title", one.title}, {"aliases", array_of(one.aliases)}});
  }
  return dump({{"schema", 1}, {"frameworks", list}});
}

std::string install_json(const std::string& hint) {
  return dump({{"schema", 1}, {"install", hint}});
}

std::string error_json(const Error& error) {
  return dump({{"schema", 1}, {"error", to_string(error)}, {"hint", error.hint}});
}

}  // namespace rocmfix
