// SPDX-License-Identifier: MIT
// Libraries whose host memory `--coherence auto` leaves coherent, as data:
// userspace/data/communicators.toml, which says what each field means. The HIP interposer
// has the built-in ones as a table; what /etc/rocmfix/communicators.toml adds is read here.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/error.hpp"
#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct Communicator {
  std::string_view name;
  Strings starts_with;  ///< beginnings of file names
  std::string_view source;
};

/// What the administrator's file adds, as ROCMFIX_COMMUNICATORS has it: "libone,libtwo"; "" without
/// a file. Errors: invalid with "file:line: what", io when the file cannot be read.
Result<std::string> added_communicators(const Root& root);

}  // namespace rocmfix
