// SPDX-License-Identifier: MIT
#include "report/new_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

FileDescriptor open_beneath(const FileDescriptor& folder, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return FileDescriptor(static_cast<int>(
      ::syscall(SYS_openat2, folder.get(), path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

int NewFolder::make_folder(const std::string& path) const {
  std::string here;
  FileDescriptor parent = open_beneath(folder_, "");
  for (const std::string_view part : split(path, '/')) {
    const std::string name(part);
    if (!parent || (::mkdirat(parent.get(), name.c_str(), 0700) != 0 && errno != EEXIST)) {
      return errno;
    }
    here.append(here.empty() ? "" : "/").append(name);
    parent = open_beneath(folder_, here);
  }
  return parent ? 0 : errno;
}

int NewFolder::open_parent(const std::string& path, FileDescriptor& parent) const {
  const auto slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
  parent = open_beneath(folder_, above);
  if (!parent && errno == ENOENT && !above.empty()) {
    if (const int errnum = make_folder(above); errnum != 0) {
      return errnum;
    }
    parent = open_beneath(folder_, above);
  }
  return parent ? 0 : errno;
}

int NewFolder::make_link(const std::string& path, const char* target) const {
  FileDescriptor parent;
  if (const int errnum = open_parent(path, parent); errnum != 0) {
    return errnum;
  }
  return ::symlinkat(target, parent.get(), last_part(path).c_str()) == 0 ? 0 : errno;
}

int NewFolder::make_file(const std::string& path, bool executable, FileDescriptor& file) const {
  FileDescriptor parent;
  if (const int errnum = open_parent(path, parent); errnum != 0) {
    return errnum;
  }
  file = FileDescriptor(::openat(parent.get(), last_part(path).c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 executable ? 0755 : 0644));
  return file ? 0 : errno;
}

}  // namespace rocmfix::detail
