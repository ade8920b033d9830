// SPDX-License-Identifier: MIT
// The kernel's messages in the text files of a syslog daemon, as far as this boot and the last go.
// Files of a journal are none: only journalctl reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// The last `limit` bytes of a log, from the beginning of a line on: it may have any length.
/// Errors: io; invalid when it is not a regular file.
Result<std::string> read_log_end(const Root& root, std::string_view path, std::size_t limit);

struct BootLog {
  std::string file;  ///< where it is from
  std::string text;
};
struct LoggedBoots {
  std::optional<BootLog> current;   ///< since the machine was started; it may lack its beginning
  std::optional<BootLog> previous;  ///< the boot before; likewise
  std::optional<Error> error;       ///< why a log that is there was not read
};

/// From the first of kern.log, syslog and messages in /var/log that is there, and from the file
/// that it was rotated to.
LoggedBoots read_logged_boots(const Root& root);

}  // namespace rocmfix::detail
