// SPDX-License-Identifier: MIT
// Runs the command as a child, reports what happened when a GPU fault ends it, and starts it again
// where that was asked for.
//
// Terminal, streams, signals and exit status are as without it: process.hpp. So are
// children that the caller had before: inherited.hpp. Whether and
// how to start again is decided by librocmfix (rocmfix/restart.hpp); here is what it takes to know
// and to do.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "options.hpp"
#include "preparation.hpp"

namespace rocmfix::run {

struct Job {
  const Options* options = nullptr;
  const Preparation* preparation = nullptr;
  std::function<bool()> set_environment;  ///< of this process, which is the child; false: errno
  std::function<int()> become;            ///< executes; returns only with an exit status
};

/// The exit status; or it dies by the command's signal. Errors: io, invalid for a file in
/// /etc/rocmfix: nothing was run.
Result<int> supervise(const Job& job);

}  // namespace rocmfix::run
