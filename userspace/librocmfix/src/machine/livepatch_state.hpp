// SPDX-License-Identifier: MIT
// The state of the livepatch, by the table that the package's livepatch-switch reads too:
// dkms/livepatch-states, the one copy, which says what the columns are. Reads only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rocmfix/driver.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// A row of the table; in the columns from `module` to `gpu`, "*" is anything.
struct LivepatchRow {
  LivepatchState state;
  const char* name;
  std::string_view module;
  std::string_view rocmfix;
  std::string_view enabled;
  std::string_view transition;
  std::string_view gpu;
  const char* meaning;
};

extern const std::span<const LivepatchRow> livepatch_rows;

/// What a machine shows in these columns; "-" for a file that is not there or cannot be read.
struct LivepatchFacts {
  std::string module;
  std::string rocmfix;
  std::string enabled;
  std::string transition;
  std::string gpu;
};

/// Of the first row that holds.
LivepatchState find_livepatch_state(const LivepatchFacts& facts);

/// `loaded` is the rocmfix_livepatch of this root.
LivepatchState read_livepatch_state(const Root& root, const std::optional<LoadedModule>& loaded);

}  // namespace rocmfix::detail
