// SPDX-License-Identifier: MIT
// Which processes use the GPU for compute. A file is /dev/kfd by its device number: any user can
// map a file whose path has these words in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct KfdUsers {
  std::string names;     ///< "python3 (4711), train (4712)"; the names are the processes' own words
  bool complete = true;  ///< every process could be examined
};

/// Compute programs that were there `microseconds` after boot. Of a captured root, whose files have
/// no device numbers, those that map a file named exactly "/dev/kfd".
KfdUsers find_kfd_users_before(const Root& root, std::uint64_t microseconds);

/// A file as /proc/PID/maps names it.
struct MappedFile {
  dev_t device = 0;
  ino_t inode = 0;
  std::string_view path;
};

/// True when a line of a /proc/PID/maps is about `file`: by device and inode unless the inode is 0,
/// else by its path.
bool maps_file(std::string_view maps, const MappedFile& file);

enum class HasOpen { no, yes, denied };
/// Whether the process ("/proc/4711") has the character device of this number open.
HasOpen has_device_open(const Root& root, const std::string& process, dev_t device);

}  // namespace rocmfix::detail
