// SPDX-License-Identifier: MIT
#include "libc/virtual_files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>

#include "control/configuration.hpp"
#include "kfd/process.hpp"
#include "libc/virtual_tree.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

constexpr unsigned kfd_major = 241;  // register_chrdev() takes a free one
constexpr unsigned drm_major = 226;

struct Opened {
  ino_t inode;
  std::string path;
};
struct Table {
  std::mutex mutex;
  std::map<int, Opened> files;
};
Table& table() {
  static auto* const opened = new Table;
  return *opened;
}

bool raw_fstat(int fd, struct stat& out) {
  return syscall(SYS_newfstatat, fd, "", &out, AT_EMPTY_PATH) == 0;
}

// "/dev/dri/renderD129"
std::optional<unsigned> render_gpu(const std::string& path) {
  for (const Gpu& gpu : gpus()) {
    if (path == formatted("/dev/dri/renderD{}", gpu.minor)) {
      return gpu.index;
    }
  }
  return std::nullopt;
}

dev_t device_of(const std::string& path) {
  const auto gpu = render_gpu(path);
  return gpu ? makedev(drm_major, gpus()[*gpu].minor) : makedev(kfd_major, 0);
}

void describe(const std::string& path, const VirtualTree::Node& node, struct stat& out) {
  out = {};
  out.st_nlink = 1;
  out.st_blksize = 4096;
  out.st_dev = makedev(0, 22);
  out.st_ino = std::hash<std::string>{}(path) | 1U;
  switch (node.kind) {
    case VirtualTree::Kind::directory:
      out.st_mode = S_IFDIR | 0755U;
      out.st_nlink = 2;
      break;
    case VirtualTree::Kind::file:
      out.st_mode = S_IFREG | 0444U;
      out.st_size = 4096;  // as sysfs says
      break;
    case VirtualTree::Kind::link:
      out.st_mode = S_IFLNK | 0777U;
      break;
    case VirtualTree::Kind::device:
      out.st_mode = S_IFCHR | 0666U;
      out.st_rdev = device_of(path);
      break;
  }
}

/// Whether machine_tree.cpp could have it. Needs no memory: an allocator that is preloaded, too,
/// opens files while it starts, and asking it for memory then would wait for itself.
bool may_be_virtual(std::string_view path) {
  constexpr std::array<std::string_view, 8> beginnings = {
      "/sys/devices", "/sys/class", "/sys/bus/pci", "/sys/module/amdgpu",
      "/sys/dev",     "/dev/kfd",   "/dev/dri",     "/proc/modules"};
  return path.find("/.") != std::string_view::npos || path.find("//") != std::string_view::npos ||
         std::any_of(beginnings.begin(), beginnings.end(),
                     [path](std::string_view begin) { return path.starts_with(begin); });
}

int open_device(const std::string& path, int flags) {
  Process& process = Process::current();
  const auto gpu = render_gpu(path);
  return gpu ? process.open_render(*gpu, flags) : process.open_kfd(flags);
}

}  // namespace

bool is_virtual(int dirfd, const char* path, std::string* absolute) {
  if (path == nullptr || path[0] == '\0' || (path[0] == '/' && !may_be_virtual(path)) ||
      (path[0] != '/' && dirfd == AT_FDCWD) || configuration() == nullptr) {
    return false;
  }
  std::string whole;
  if (path[0] == '/') {
    whole = path;
  } else {
    // Relative names: only below a directory of ours. (The working directory never is.)
    const auto directory = path_behind(dirfd);
    if (!directory) {
      return false;
    }
    whole = *directory + '/' + path;
  }
  if (!machine_tree().owns(whole)) {
    return false;
  }
  *absolute = std::move(whole);
  return true;
}

int open_virtual(const std::string& absolute, int flags) {
  const VirtualTree& tree = machine_tree();
  const auto path = tree.resolve(absolute, (flags & O_NOFOLLOW) == 0);
  const auto* const node = path ? tree.find(*path) : nullptr;
  if (node == nullptr) {
    errno = ENOENT;
    return -1;
  }
  if (node->kind == VirtualTree::Kind::device) {
    return open_device(*path, flags);
  }
  const bool is_directory = node->kind == VirtualTree::Kind::directory;
  if (node->kind == VirtualTree::Kind::link || (!is_directory && (flags & O_DIRECTORY) != 0) ||
      (flags & O_ACCMODE) != O_RDONLY) {
    errno = node->kind == VirtualTree::Kind::link ? ELOOP
            : is_directory                        ? EISDIR
            : (flags & O_DIRECTORY) != 0          ? ENOTDIR
                                                  : EACCES;
    return -1;
  }
  const int fd = memfd_create("rocmfix-sim-sysfs", (flags & O_CLOEXEC) != 0 ? MFD_CLOEXEC : 0);
  struct stat status {};
  if (fd < 0 || !raw_fstat(fd, status)) {
    return -1;
  }
  if (!node->text.empty()) {
    [[maybe_unused]] const auto put = pwrite(fd, node->text.data(), node->text.size(), 0);
  }
  const std::lock_guard lock(table().mutex);
  table().files[fd] = {status.st_ino, *path};
  return fd;
}

int stat_virtual(const std::string& absolute, bool follow, struct stat& out) {
  const VirtualTree& tree = machine_tree();
  const auto path = tree.resolve(absolute, follow);
  const auto* const node = path ? tree.find(*path) : nullptr;
  if (node == nullptr) {
    errno = ENOENT;
    return -1;
  }
  describe(*path, *node, out);
  return 0;
}

std::optional<std::string> path_behind(int fd) {
  if (configuration() == nullptr) {
    return std::nullopt;
  }
  const std::lock_guard lock(table().mutex);
  const auto found = table().files.find(fd);
  if (found == table().files.end()) {
    return std::nullopt;
  }
  struct stat status {};
  if (!raw_fstat(fd, status) || status.st_ino != found->second.inode) {
    table().files.erase(found);  // closed since, and the number is somebody else's
    return std::nullopt;
  }
  return found->second.path;
}

bool fstat_virtual(int fd, struct stat& out) {
  if (configuration() == nullptr) {
    return false;
  }
  if (const auto path = path_behind(fd)) {
    describe(*path, *machine_tree().find(*path), out);
    return true;
  }
  const Process::Identity identity = Process::identify(fd);
  if (identity.file == Process::File::none) {
    return false;
  }
  const std::string path = identity.file == Process::File::render
                               ? formatted("/dev/dri/renderD{}", gpus()[identity.gpu].minor)
                               : "/dev/kfd";
  describe(path, *machine_tree().find(path), out);
  return true;
}

std::optional<std::string> proc_link(const char* path) {
  constexpr std::string_view prefix = "/proc/self/fd/";
  if (path == nullptr || !std::string_view(path).starts_with(prefix) ||
      configuration() == nullptr) {
    return std::nullopt;
  }
  const std::string_view number = std::string_view(path).substr(prefix.size());
  int file = -1;
  const auto [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), file);
  if (wrong != std::errc() || end != number.data() + number.size()) {
    return std::nullopt;
  }
  return path_behind(file);
}

}  // namespace rocmfix::sim
