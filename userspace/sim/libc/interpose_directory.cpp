// SPDX-License-Identifier: MIT
// Stands in for libc: reading directories. Our streams are distinguished from libc's by their
// address.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "control/configuration.hpp"
#include "libc/real.hpp"
#include "libc/virtual_files.hpp"
#include "libc/virtual_tree.hpp"

namespace {

using namespace rocmfix::sim;

static_assert(sizeof(dirent) == sizeof(dirent64));

struct Stream {
  int fd;
  std::string path;
  std::vector<std::string> names;
  std::size_t next = 0;
  dirent64 entry{};
};

std::mutex& streams_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}
std::set<Stream*>& streams() {
  static auto* const open = new std::set<Stream*>;
  return *open;
}

Stream* ours(DIR* dir) {
  if (configuration() == nullptr) {
    return nullptr;
  }
  auto* const stream = reinterpret_cast<Stream*>(dir);
  const std::lock_guard lock(streams_mutex());
  return streams().contains(stream) ? stream : nullptr;
}

DIR* open_stream(int fd) {
  const auto path = path_behind(fd);
  if (!path) {
    return nullptr;
  }
  auto* const stream = new Stream{fd, *path, {".", ".."}};
  for (std::string& name : machine_tree().list(*path)) {
    stream->names.push_back(std::move(name));
  }
  const std::lock_guard lock(streams_mutex());
  streams().insert(stream);
  return reinterpret_cast<DIR*>(stream);
}

dirent64* next_entry(Stream& stream) {
  if (stream.next >= stream.names.size()) {
    return nullptr;
  }
  const std::string& name = stream.names[stream.next++];
  stream.entry = {};
  stream.entry.d_ino = stream.next;
  stream.entry.d_off = static_cast<off64_t>(stream.next);
  stream.entry.d_reclen = sizeof stream.entry;
  const auto* const node = machine_tree().find(stream.path + '/' + name);
  stream.entry.d_type = node == nullptr                              ? DT_DIR
                        : node->kind == VirtualTree::Kind::directory ? DT_DIR
                        : node->kind == VirtualTree::Kind::file      ? DT_REG
                        : node->kind == VirtualTree::Kind::link      ? DT_LNK
                                                                     : DT_CHR;
  std::memcpy(stream.entry.d_name, name.c_str(), name.size() + 1);
  return &stream.entry;
}

}  // namespace

ROCMFIX_EXPORT DIR* opendir(const char* path) {
  std::string absolute;
  if (!is_virtual(AT_FDCWD, path, &absolute)) {
    return ROCMFIX_REAL(opendir)(path);
  }
  const int fd = open_virtual(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? nullptr : open_stream(fd);
}

ROCMFIX_EXPORT DIR* fdopendir(int fd) {
  DIR* const dir = open_stream(fd);
  return dir != nullptr ? dir : ROCMFIX_REAL(fdopendir)(fd);
}

ROCMFIX_EXPORT dirent* readdir(DIR* dir) {
  Stream* const stream = ours(dir);
  return stream != nullptr ? reinterpret_cast<dirent*>(next_entry(*stream))
                           : ROCMFIX_REAL(readdir)(dir);
}

ROCMFIX_EXPORT dirent64* readdir64(DIR* dir) {
  Stream* const stream = ours(dir);
  return stream != nullptr ? next_entry(*stream) : ROCMFIX_REAL(readdir64)(dir);
}

ROCMFIX_EXPORT int closedir(DIR* dir) {
  Stream* const stream = ours(dir);
  if (stream == nullptr) {
    return ROCMFIX_REAL(closedir)(dir);
  }
  {
    const std::lock_guard lock(streams_mutex());
    streams().erase(stream);
  }
  const int fd = stream->fd;
  delete stream;
  return close(fd);
}

ROCMFIX_EXPORT void rewinddir(DIR* dir) {
  Stream* const stream = ours(dir);
  if (stream == nullptr) {
    ROCMFIX_REAL(rewinddir)(dir);
  } else {
    stream->next = 0;
  }
}

ROCMFIX_EXPORT int dirfd(DIR* dir) {
  Stream* const stream = ours(dir);
  return stream != nullptr ? stream->fd : ROCMFIX_REAL(dirfd)(dir);
}
