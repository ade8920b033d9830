// SPDX-License-Identifier: MIT
// `rocmfix doctor`: what is wrong with this installation, before anything crashes.
#include "rocmfix/doctor.hpp"

#include <fmt/format.h>

#include "doctor_text.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

/// Its own sequences would be escaped by print_result(); what comes from elsewhere is printable().
int print_styled(const std::string& text, int status) {
  const auto written = write_stdout(text);
  return written ? status : print_error(written.error(), false);
}

int list_checks(bool json) {
  if (json) {
    return print_result(check_texts_json(check_texts()), exit_ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const CheckText& text : check_texts()) {
    rows.push_back({std::string(text.id), std::string(text.title)});
  }
  return print_result(format_table(rows), exit_ok);
}

int explain_check(const std::string& id, bool json) {
  const CheckText* const text = find_check(id);
  if (text == nullptr) {
    return print_error({ErrorCode::invalid, fmt::format("there is no check '{}'", id), 0,
                        "rocmfix doctor --list shows their ids"},
                       json);
  }
  return json ? print_result(check_texts_json({text, 1}), exit_ok)
              : print_styled(describe(*text, style_of_stdout()), exit_ok);
}

int run_doctor(const Root& root, const Request& request) {
  if (request.list) {
    return list_checks(request.json);
  }
  if (!request.explain.empty()) {
    return explain_check(request.explain, request.json);
  }
  const auto circumstances = gather_circumstances(root, request.program);
  if (!circumstances) {
    return print_error(circumstances.error(), request.json);
  }
  Progress progress;
  const auto examination =
      examine(root, *circumstances, request.checks, [&](const CheckText& one) { progress(one); });
  progress.end();
  if (!examination) {
    return print_error(examination.error(), request.json);
  }
  const bool applicable = examination->machine.supported() || examination->gpus_hidden;
  const int status = !applicable ? exit_not_applicable : examination->ok() ? exit_ok : exit_wrong;
  return request.json
             ? print_result(doctor_json(*examination), status)
             : print_styled(describe(*examination, request.verbose, style_of_stdout()), status);
}

}  // namespace

const Verb doctor_verb{
    nullptr, "doctor", "find what is wrong, before anything crashes", accepts_checks,
    [](const Root& root, const Request& request) { return run_doctor(root, request); }};

}  // namespace rocmfix::cli
