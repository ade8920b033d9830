// SPDX-License-Identifier: MIT
// One line a file: device, inode, size, mtime, ctime, targets with commas, path; tabs between.
#include "software/code_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "util/file_descriptor.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::string_view first_line = "rocmfix code objects 1\n";
constexpr const char* name = "code-objects";
// One torch has some 40 entries of 200 bytes.
constexpr std::size_t most_bytes = 1U << 20U;
constexpr std::size_t most_entries = 2048;

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::string folder_of(const Environment& environment) {
  const auto value = [&](std::string_view variable) {
    const auto found = environment.find(variable);
    // As the XDG specification has it: a relative path is to be ignored.
    return found == environment.end() || !found->second.starts_with('/') ? "" : found->second;
  };
  if (const std::string cache = value("XDG_CACHE_HOME"); !cache.empty()) {
    return cache + "/rocmfix";
  }
  const std::string home = value("HOME");
  return home.empty() ? "" : home + "/.cache/rocmfix";
}

/// The next field of a line, up to a tab.
std::string_view next_field(std::string_view& line) {
  const auto tab = std::min(line.find('\t'), line.size());
  const std::string_view field = line.substr(0, tab);
  line.remove_prefix(std::min(tab + 1, line.size()));
  return field;
}

bool read_number(std::string_view& line, std::uint64_t& value) {
  const std::string_view field = next_field(line);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc{} && end == field.data() + field.size();
}

bool is_target(std::string_view text) {
  constexpr std::size_t longest = 32;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool read_targets(std::string_view field, std::vector<std::string>& targets) {
  while (!field.empty()) {
    const auto comma = std::min(field.find(','), field.size());
    if (!is_target(field.substr(0, comma))) {
      return false;
    }
    targets.emplace_back(field.substr(0, comma));
    field.remove_prefix(std::min(comma + 1, field.size()));
  }
  return true;
}

/// Whatever file of that name somebody else could have put there is not read.
std::string read_own_file(const std::string& path) {
  const FileDescriptor fd(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return {};
  }
  std::string text;
  return read_to_end(fd.get(), most_bytes, text) && text.size() <= most_bytes ? text
                                                                              : std::string();
}

bool make_folder(const std::string& path) {
  const std::string above = path.substr(0, path.find_last_of('/'));
  if (::mkdir(above.c_str(), 0700) != 0 && errno != EEXIST) {
    return false;
  }
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

}  // namespace

std::optional<FileIdentity> file_identity(const struct stat& status, mode_t type) {
  if ((status.st_mode & S_IFMT) != type) {
    return std::nullopt;
  }
  return FileIdentity{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                      nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

CodeCache::CodeCache(const Environment& environment) : folder_(folder_of(environment)) {}

void CodeCache::load() {
  loaded_ = true;
  if (folder_.empty()) {
    return;
  }
  const std::string text = read_own_file(folder_ + "/" + name);
  std::string_view rest = text;
  if (!rest.starts_with(first_line)) {
    return;
  }
  rest.remove_prefix(first_line.size());
  for (auto end = rest.find('\n'); end != std::string_view::npos && entries_.size() < most_entries;
       end = rest.find('\n')) {
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    Entry entry;
    FileIdentity& file = entry.identity;
    const bool read = read_number(line, file.device) && read_number(line, file.inode) &&
                      read_number(line, file.size) && read_number(line, file.mtime_ns) &&
                      read_number(line, file.ctime_ns) &&
                      read_targets(next_field(line), entry.targets);
    if (!read || !line.starts_with('/')) {
      entries_.clear();  // not as it was written: none of it is trusted
      return;
    }
    entries_.insert_or_assign(std::string(line), std::move(entry));
  }
}

std::optional<std::vector<std::string>> CodeCache::find(const std::string& path,
                                                        const FileIdentity& identity) {
  if (!loaded_) {
    load();
  }
  const auto found = entries_.find(path);
  if (found == entries_.end() || found->second.identity != identity) {
    return std::nullopt;
  }
  return found->second.targets;
}

void CodeCache::add(const std::string& path, const FileIdentity& identity,
                    const std::vector<std::string>& targets) {
  const bool writable = path.starts_with('/') && path.find_first_of("\t\n") == std::string::npos &&
                        std::all_of(targets.begin(), targets.end(), is_target);
  if (!writable) {
    return;
  }
  if (entries_.size() >= most_entries) {
    entries_.clear();
  }
  entries_.insert_or_assign(path, Entry{identity, targets});
  changed_ = true;
}

void CodeCache::save() {
  if (!changed_ || folder_.empty() || !make_folder(folder_)) {
    return;
  }
  changed_ = false;
  const FileDescriptor folder(
      ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  // Under sudo the folder is another user's, who could not write the file any more.
  if (!folder || ::fstat(folder.get(), &status) != 0 || status.st_uid != ::geteuid()) {
    return;
  }
  std::string text(first_line);
  for (const auto& [path, entry] : entries_) {
    const FileIdentity& file = entry.identity;
    for (const std::uint64_t number :
         {file.device, file.inode, file.size, file.mtime_ns, file.ctime_ns}) {
      text += std::to_string(number) + "\t";
    }
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      text += (i == 0 ? "" : ",") + entry.targets[i];
    }
    text += "\t" + path + "\n";
  }
  const std::string part = std::string(name) + "." + std::to_string(::getpid());
  const FileDescriptor file(::openat(folder.get(), part.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                     S_IRUSR | S_IWUSR));
  if (!file) {
    ::unlinkat(folder.get(), part.c_str(), 0);  // of a process of this number that was killed
    return;
  }
  // Not synced: a cache that a power cut empties does not read as ours, and is made again.
  if (!write_all(file.get(), text) ||
      ::renameat(folder.get(), part.c_str(), folder.get(), name) != 0) {
    ::unlinkat(folder.get(), part.c_str(), 0);
  }
}

}  // namespace rocmfix::detail
