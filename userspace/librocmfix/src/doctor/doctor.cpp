// SPDX-License-Identifier: MIT
// Makes the checks. What each of them does is in checks/.
#include "rocmfix/doctor.hpp"

#include <algorithm>
#include <exception>

#include "base/os_release.hpp"
#include "doctor/check.hpp"
#include "machine/rocm_version.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::check_entries;
using detail::CheckEntry;
using detail::Findings;
using detail::Subject;

// As inspect_machine(), but what fails is kept for the check that tells of it.
struct Gathered {
  Policy policy = Policy::built_in();
  std::optional<Error> policy_error;
  std::optional<Error> options_error;
  std::optional<Error> gpus_error;
  Machine machine;
};

Gathered gather(const Root& root, const Circumstances& circumstances) {
  Gathered gathered;
  if (auto policy = Policy::load(root)) {
    gathered.policy = std::move(*policy);
  } else {
    gathered.policy_error = std::move(policy.error());
  }
  gathered.machine = inspect_machine_parts(root, gathered.policy, gathered.options_error);
  if (!gathered.machine.supported()) {
    gathered.gpus_error = unreadable_gpus(root);
  }
  gathered.machine.environment = circumstances.environment;
  gathered.machine.software = circumstances.program.software;
  return gathered;
}

/// A bug in one check must not take the answers of the others away.
Findings run(const CheckEntry& entry, const Subject& subject) {
  try {
    return entry.run(subject);
  } catch (const std::exception& exception) {
    Finding finding;
    finding.summary = formatted("the check failed: {}", exception.what());
    finding.remedy = "This is an error in rocmfix: please report it.";
    return {finding};
  }
}

Result<std::vector<const CheckEntry*>> chosen(std::span<const std::string> only,
                                              const Machine& machine) {
  for (const std::string& id : only) {
    if (find_check(id) == nullptr) {
      return fail(Error{ErrorCode::invalid, formatted("there is no check '{}'", id), 0,
                        "rocmfix doctor --list shows their ids"});
    }
  }
  std::vector<const CheckEntry*> entries;
  for (const CheckEntry& entry : check_entries) {
    const bool wanted =
        only.empty() || std::find(only.begin(), only.end(), entry.text->id) != only.end();
    if (wanted && (machine.supported() || entry.without_gpu)) {
      entries.push_back(&entry);
    }
  }
  std::stable_partition(entries.begin(), entries.end(),
                        [](const CheckEntry* entry) { return !entry->text->slow; });
  return entries;
}

}  // namespace

std::string detail::sentence(std::string clause) {
  // Names keep their form: "gfx1031", "noretry=1".
  const std::string_view first = std::string_view(clause).substr(0, clause.find(' '));
  const bool is_word = first.find_first_of("0123456789=_/.") == std::string_view::npos;
  if (is_word && !clause.empty() && clause.front() >= 'a' && clause.front() <= 'z') {
    clause.front() = static_cast<char>(clause.front() - 'a' + 'A');
  }
  return clause + ".";
}

std::string_view to_string(CheckVerdict verdict) {
  return check_verdict_words.at(static_cast<std::size_t>(verdict));
}

bool Examination::ok() const {
  return std::none_of(results.begin(), results.end(), [](const CheckResult& result) {
    return result.finding.verdict == CheckVerdict::problem ||
           result.finding.verdict == CheckVerdict::warning;
  });
}

std::span<const CheckText> check_texts() {
  return detail::check_text_table;
}

const CheckText* find_check(std::string_view id) {
  const auto texts = check_texts();
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [&](const CheckText& text) { return text.id == id; });
  return found == texts.end() ? nullptr : &*found;
}

Result<Examination> examine(const Root& root, const Circumstances& circumstances,
                            std::span<const std::string> only, const CheckProgress& progress) {
  const Gathered gathered = gather(root, circumstances);
  const auto entries = chosen(only, gathered.machine);
  if (!entries) {
    return fail(entries.error());
  }
  Examination examination;
  examination.distribution = detail::read_os_release(root).name;
  examination.rocm = detail::rocm_version(root);
  examination.program = circumstances.program;
  examination.checked = entries->size();
  const Subject subject{root,
                        gathered.policy,
                        gathered.machine,
                        circumstances,
                        gathered.policy_error,
                        gathered.options_error,
                        gathered.gpus_error};
  for (const CheckEntry* entry : *entries) {
    const CheckText* const text = entry->text;
    if (text->slow && progress) {
      progress(*text);
    }
    for (Finding& finding : run(*entry, subject)) {
      examination.results.push_back({text, std::move(finding)});
    }
  }
  examination.machine = gathered.machine;
  examination.gpus_hidden = gathered.gpus_error.has_value();
  return examination;
}

}  // namespace rocmfix
