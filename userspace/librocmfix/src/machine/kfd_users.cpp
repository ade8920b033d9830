// SPDX-License-Identifier: MIT
#include "machine/kfd_users.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <optional>

#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

constexpr const char* kfd_path = "/dev/kfd";

bool is_denied(int errnum) {
  return errnum == EPERM || errnum == EACCES;
}

// What a process's start is ahead of the log's clock, which stops while the machine sleeps.
std::uint64_t microseconds_asleep(const Root& root) {
  timespec awake = {};
  timespec all = {};
  if (!root.is_system() || clock_gettime(CLOCK_MONOTONIC, &awake) != 0 ||
      clock_gettime(CLOCK_BOOTTIME, &all) != 0) {
    return 0;
  }
  const auto difference =
      ((all.tv_sec - awake.tv_sec) * 1'000'000) + ((all.tv_nsec - awake.tv_nsec) / 1000);
  return static_cast<std::uint64_t>(std::max<decltype(difference)>(difference, 0));
}

// Field 22 of /proc/PID/stat, in ticks of 10 ms. The name in field 2 may hold anything.
std::optional<std::uint64_t> start_of(const Root& root, const std::string& process) {
  const auto stat = root.read(process + "/stat", 4096);
  if (!stat) {
    return std::nullopt;
  }
  std::string_view text = *stat;
  text.remove_prefix(std::min(text.rfind(')') + 1, text.size()));
  for (int field = 2; field < 22; ++field) {
    text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  }
  std::uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
  return error == std::errc{} ? std::optional(ticks * 10'000) : std::nullopt;
}

// "236:0" in sysfs; the number is given out when the driver is loaded.
std::optional<dev_t> kfd_number(const Root& root) {
  const auto text = root.read_line("/sys/class/kfd/kfd/dev");
  if (!text) {
    return std::nullopt;
  }
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = text->data() + text->size();
  const auto first = std::from_chars(text->data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':' ||
      std::from_chars(first.ptr + 1, end, minor).ptr != end) {
    return std::nullopt;
  }
  return makedev(major, minor);
}

// The node in /dev, for programs that have closed it and still map it.
MappedFile kfd_node(const Root& root, const std::optional<dev_t>& number) {
  MappedFile node{0, 0, root.is_system() ? "" : kfd_path};
  struct stat status = {};
  if (root.is_system() && number && ::stat(kfd_path, &status) == 0 && S_ISCHR(status.st_mode) &&
      status.st_rdev == *number) {
    node.device = status.st_dev;
    node.inode = status.st_ino;
  }
  return node;
}

// The next field of a line that has blanks between fields.
std::string_view next_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view field = line.substr(0, line.find(' '));
  line.remove_prefix(field.size());
  return field;
}

}  // namespace

// "7f00-7f01 rw-s 00000000 00:06 9          /dev/kfd"
bool maps_file(std::string_view maps, const MappedFile& file) {
  while (!maps.empty()) {
    std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    for (int field = 0; field < 3; ++field) {
      next_field(line);
    }
    const std::string_view device = next_field(line);
    const std::string_view inode = next_field(line);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (file.inode != 0
            ? device == formatted("{:02x}:{:02x}", major(file.device), minor(file.device)) &&
                  inode == std::to_string(file.inode)
            : !file.path.empty() && line == file.path) {
      return true;
    }
  }
  return false;
}

HasOpen has_device_open(const Root& root, const std::string& process, dev_t device) {
  const std::string directory = process + "/fd";
  const auto opened = root.open_file(directory, O_DIRECTORY);
  if (!opened) {
    return is_denied(opened.error().errnum) ? HasOpen::denied : HasOpen::no;
  }
  const FileDescriptor fd(*opened);
  for (const std::string& name : root.list(directory)) {
    struct stat status = {};
    if (::fstatat(fd.get(), name.c_str(), &status, 0) == 0 && S_ISCHR(status.st_mode) &&
        status.st_rdev == device) {
      return HasOpen::yes;
    }
  }
  return HasOpen::no;
}

KfdUsers find_kfd_users_before(const Root& root, std::uint64_t microseconds) {
  const std::uint64_t asleep = microseconds_asleep(root);
  const auto number = kfd_number(root);
  const MappedFile node = kfd_node(root, number);
  KfdUsers users;
  for (const std::string& name : root.list("/proc")) {
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const std::string process = "/proc/" + name;
    const auto start = start_of(root, process);
    if (!start || *start > microseconds + asleep) {
      continue;
    }
    const HasOpen open =
        number && root.is_system() ? has_device_open(root, process, *number) : HasOpen::no;
    const auto maps = root.read(process + "/maps");
    if (open == HasOpen::yes || (maps && maps_file(*maps, node))) {
      users.names += formatted("{}{} ({})", users.names.empty() ? "" : ", ",
                               printable(root.read_line(process + "/comm").value_or("?")), name);
    } else if (open == HasOpen::denied || (!maps && is_denied(maps.error().errnum))) {
      users.complete = false;
    }
  }
  return users;
}

}  // namespace rocmfix::detail
