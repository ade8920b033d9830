// SPDX-License-Identifier: MIT
// A check: its text, and the function that makes it. The table of them is generated from
// checks.toml; the check "isa-program" is the function isa_program() in checks/isa_program.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rocmfix/doctor.hpp"

namespace rocmfix::detail {

/// What a check may look at. Files are read through `root` alone.
struct Subject {
  const Root& root;
  const Policy& policy;
  const Machine& machine;
  const Circumstances& circumstances;
  /// Why rocmfix's own tables are those compiled in, without /etc/rocmfix.
  const std::optional<Error>& policy_error;
  /// Why Machine::configured is empty.
  const std::optional<Error>& options_error;
  /// Why no supported GPU was seen, if one may be there.
  const std::optional<Error>& gpus_error;
};

/// Empty: the check does not apply to this machine or program.
using Findings = std::vector<Finding>;

struct CheckEntry {
  const CheckText* text = nullptr;
  Findings (*run)(const Subject& subject) = nullptr;
  bool without_gpu = false;  ///< made also where no GPU is supported
};

/// A clause as a sentence: "The value does harm." A name keeps its first letter: "libc.so is old."
std::string sentence(std::string clause);

/// checks.toml, in its order.
extern const std::span<const CheckText> check_text_table;
extern const std::span<const CheckEntry> check_entries;

}  // namespace rocmfix::detail
