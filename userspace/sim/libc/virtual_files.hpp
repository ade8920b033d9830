// SPDX-License-Identifier: MIT
// From the virtual tree to descriptors, and back: an opened file is a memory file with its text, an
// opened directory an empty one that is remembered. By inode, so that a number used again is not
// mistaken. Thread-safe.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace rocmfix::sim {

/// Does the simulation answer for `path`? Then `*absolute` is the path made absolute (against a
/// virtual directory behind `dirfd`, or not at all).
bool is_virtual(int dirfd, const char* path, std::string* absolute);

/// As open(2) of a path for which is_virtual() holds: a descriptor, or -1 with errno.
int open_virtual(const std::string& absolute, int flags);
/// As stat(2) or lstat(2): 0, or -1 with errno.
int stat_virtual(const std::string& absolute, bool follow, struct stat& out);
/// As fstat(2); false: `fd` is nothing of ours.
bool fstat_virtual(int fd, struct stat& out);
/// The path behind a descriptor of ours.
std::optional<std::string> path_behind(int fd);
/// For "/proc/self/fd/N" of ours, what a link there would say.
std::optional<std::string> proc_link(const char* path);

}  // namespace rocmfix::sim
