// SPDX-License-Identifier: MIT
#include "selftest/report.hpp"

#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

using Json = nlohmann::ordered_json;

Json gpu_json(const Gpu& gpu) {
  return {{"name", gpu.name.value_or("")},
          {"pci_id", gpu.pci_id},
          {"bdf", gpu.bdf},
          {"gfx", gpu.gfx.value_or("")},
          {"vram_mib", gpu.vram_bytes ? Json(*gpu.vram_bytes >> 20U) : Json()}};
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json object = Json::object();
  for (const auto& [name, value] : pairs) {
    object[name] = value;
  }
  return object;
}

Json machine_json(const Machine& machine) {
  Json gpus = Json::array();
  for (const Gpu& gpu : machine.gpus) {
    gpus.push_back(gpu_json(gpu));
  }
  return {{"simulated", machine.simulated},
          {"distribution", machine.distribution},
          {"kernel", machine.kernel},
          {"gpus", std::move(gpus)},
          {"driver", pairs_json(machine.driver)},
          {"environment", pairs_json(machine.environment)},
          {"compute_programs", machine.compute_programs}};
}

Json result_json(const TestResult& result) {
  Json figures = Json::object();
  for (const Figure& figure : result.gravest.figures) {
    figures[figure.name] = figure.value;
  }
  constexpr std::size_t most_said = 4096;
  const std::string& said = result.gravest.said;
  return {{"name", result.test->name},
          {"group", result.test->group},
          {"outcome", outcome_word(result.gravest.outcome)},
          {"detail", result.gravest.detail},
          {"runs", result.runs},
          {"complaints", result.complaints},
          {"seconds", result.seconds},
          {"figures", std::move(figures)},
          {"stderr", is_complaint(result.gravest.outcome)
                         ? said.substr(said.size() - std::min(said.size(), most_said))
                         : ""}};
}

}  // namespace

std::string session_json(const Session& session) {
  Json tests = Json::array();
  for (const TestResult& result : session.results) {
    if (result.runs > 0) {
      tests.push_back(result_json(result));
    }
  }
  const Json document = {{"schema", 1},
                         {"kind", "selftest"},
                         {"rocmfix", ROCMFIX_VERSION},
                         {"began", session.began},
                         {"seconds", session.seconds},
                         {"seed", session.options.seed},
                         {"round_seconds", session.options.seconds},
                         {"rounds", session.rounds},
                         {"complete", session.complete},
                         {"device", session.options.task.device},
                         {"machine", machine_json(session.machine)},
                         {"outcomes", counts_of(session)},
                         {"tests", std::move(tests)}};
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string run_text(const Test& test, const Run& run) {
  return formatted("{:<26} {:<12} {:6.1f} s  {}\n", test.name, outcome_word(run.outcome),
                   run.seconds, printable(run.detail));
}

std::string summary_text(const Session& session) {
  std::string counts;
  for (const auto& [word, count] : counts_of(session)) {
    counts += formatted("{}{} {}", counts.empty() ? "" : ", ", count, word);
  }
  return formatted(
      "{} in {:.0f} s, seed {}{}{}\n", counts, session.seconds, session.options.seed,
      session.complete ? "" : "; NOT COMPLETE",
      session.machine.simulated ? "; a simulated card: this says nothing about hardware" : "");
}

Result<void> write_report(const std::string& path, const std::string& text) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const auto root = Root::open(folder);
  if (!root) {
    return fail(root.error());
  }
  auto directory = detail::AtomicDirectory::open(*root, "/");
  if (!directory) {
    return fail(directory.error());
  }
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return directory->write(name, {.text = text, .uid = std::nullopt, .gid = std::nullopt});
}

}  // namespace rocmfix::selftest
