// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "base/json_document.hpp"
#include "rocmfix/doctor.hpp"

namespace rocmfix {

namespace {

using detail::Json;

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json machine_object(const Examination& examination) {
  const Driver& driver = examination.machine.driver;
  Json gpus = Json::array();
  for (const Gpu& gpu : examination.machine.gpus) {
    gpus.push_back({{"bdf", gpu.bdf},
                    {"name", gpu.name ? Json(*gpu.name) : Json(nullptr)},
                    {"gfx", gpu.gfx ? Json(*gpu.gfx) : Json(nullptr)},
                    {"supported", gpu.supported}});
  }
  return {{"distribution", or_null(examination.distribution)},
          {"kernel", driver.kernel_release ? Json(*driver.kernel_release) : Json(nullptr)},
          {"driver", describe_loaded(driver)},
          {"rocm", or_null(examination.rocm)},
          {"gpus", gpus}};
}

Json program_object(const ProgramFacts& program) {
  if (program.words.empty()) {
    return nullptr;
  }
  Json libraries = Json::array();
  for (const CarriedCode& code : program.software.libraries) {
    libraries.push_back(
        {{"path", code.path}, {"targets", code.targets}, {"decides", code.decides}});
  }
  return {{"command", program.words},
          {"implied", program.implied},
          {"file", or_null(program.software.program)},
          {"code", to_string(program.software.state)},
          {"why", or_null(program.software.why)},
          {"libraries", libraries}};
}

Json check_object(const CheckResult& result) {
  const Finding& finding = result.finding;
  const CheckText& check = *result.check;
  return {{"id", check.id},
          {"verdict", to_string(finding.verdict)},
          {"gpu", or_null(finding.gpu)},
          {"summary", finding.summary},
          {"evidence", finding.evidence},
          {"remedy", finding.remedy},
          {"command", or_null(finding.command)},
          {"causes", std::vector<std::string_view>(check.causes.begin(), check.causes.end())},
          {"grade", finding.grade.empty() ? std::string(check.grade) : finding.grade},
          {"source", finding.source.empty() ? std::string(check.source) : finding.source}};
}

}  // namespace

std::string doctor_json(const Examination& examination) {
  Json checks = Json::array();
  for (const CheckResult& result : examination.results) {
    checks.push_back(check_object(result));
  }
  return detail::dump({{"schema", 1},
                       {"ok", examination.ok()},
                       {"machine", machine_object(examination)},
                       {"program", program_object(examination.program)},
                       {"checks", checks}});
}

std::string check_texts_json(std::span<const CheckText> texts) {
  Json checks = Json::array();
  for (const CheckText& text : texts) {
    checks.push_back(
        {{"id", text.id},
         {"title", text.title},
         {"reads", text.reads},
         {"means", text.means},
         {"causes", std::vector<std::string_view>(text.causes.begin(), text.causes.end())},
         {"grade", text.grade},
         {"source", text.source}});
  }
  return detail::dump({{"schema", 1}, {"checks", checks}});
}

}  // namespace rocmfix
