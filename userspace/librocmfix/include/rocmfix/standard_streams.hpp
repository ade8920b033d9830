// SPDX-License-Identifier: MIT
// How rocmfix's programs use their streams: stdout is the requested output, so losing a byte of it
// is an error; stderr is informational, and losing it changes nothing. Neither ever throws.
#pragma once

#include <string_view>

#include "rocmfix/error.hpp"

namespace rocmfix {

/// The first thing in main(): no file that is opened later may become one of descriptors 0 to 2.
/// One that is closed is opened so that using it still fails with EBADF: stdin for writing and
/// stdout for reading. `inherited` false: a program that is executed finds them closed, as they
/// were given to us.
void open_standard_streams(bool inherited = true);

/// All of `text` to stdout. Errors: io. A reader that has closed the pipe ends the process by
/// SIGPIPE, as it does every filter, unless that is ignored.
Result<void> write_stdout(std::string_view text);

/// To stderr in one write(2) where the kernel takes it whole, so that lines of several processes
/// do not mix. Best effort: neither a full disk nor a closed pipe
/// (SIGPIPE) is an error. errno is kept.
void write_stderr(std::string_view text);

}  // namespace rocmfix
