// SPDX-License-Identifier: MIT
// Folders of signs of life whose rocmfix-run was killed by SIGKILL and could not remove them.
//
// Who uses one holds a lock (flock(2)) on it, which the kernel releases with the process, so no
// process number has to be believed; systemd-tmpfiles(8) leaves a locked folder alone, too.
//
// Refuses to: touch a folder that is not this user's alone, that is in use, or where locks do not
// work; follow a link.
#pragma once

#include <string>
#include <string_view>

namespace rocmfix::run {

inline constexpr std::string_view alive_prefix = "rocmfix-alive-";

/// Shows that the folder is in use, until the last copy of the descriptor is closed. False: it was
/// removed before that, as a leftover, and another one has to be made. Where locks do not work it
/// has none, and nobody removes it.
bool lock_alive_folder(int folder);

/// Best effort.
void remove_alive_leftovers(const std::string& place);

}  // namespace rocmfix::run
