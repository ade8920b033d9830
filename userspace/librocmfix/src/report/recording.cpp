// SPDX-License-Identifier: MIT
#include "report/recording.hpp"

#include <cerrno>

namespace rocmfix::detail {
namespace {

// A path that is not there says so by not being there.
bool is_missing(int errnum) {
  return errnum == ENOENT || errnum == ENOTDIR;
}

}  // namespace

Recorded& Recording::at(std::string_view path) {
  const auto found = paths_.find(path);
  return found != paths_.end() ? found->second : paths_[std::string(path)];
}

bool Recording::keep(std::size_t bytes) {
  if (bytes > most_bytes - bytes_) {
    complete_ = false;
    return false;
  }
  bytes_ += bytes;
  return true;
}

void Recording::asked(std::string_view path, int errnum) {
  const std::lock_guard lock(mutex_);
  at(path).node.asked_errnum = is_missing(errnum) ? 0 : errnum;
}

void Recording::status(std::string_view path, const FileStatus& status) {
  const std::lock_guard lock(mutex_);
  at(path).node.status = status;
}

void Recording::opened(std::string_view path, int errnum) {
  const std::lock_guard lock(mutex_);
  at(path).node.open_errnum = is_missing(errnum) ? 0 : errnum;
}

void Recording::listed(std::string_view path, const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  at(path).names = names;
}

void Recording::content(std::string_view path, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Recorded& recorded = at(path);
  // Read again it may be shorter, by a smaller limit, or because it changed: the first one counts
  // as long as it has all of it.
  if (recorded.content && recorded.content->size() >= bytes.size()) {
    return;
  }
  if (keep(bytes.size())) {
    recorded.content = std::string(bytes);
  }
}

void Recording::range(std::string_view path, std::uint64_t size, std::uint64_t offset,
                      std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Recorded& recorded = at(path);
  recorded.size = size;
  if (bytes.empty()) {
    return;
  }
  const auto known = recorded.ranges.find(offset);
  if ((known == recorded.ranges.end() || known->second.size() < bytes.size()) &&
      keep(bytes.size())) {
    recorded.ranges[offset] = std::string(bytes);
  }
}

void Recording::read_for(std::string_view path, ReadFor purpose) {
  const std::lock_guard lock(mutex_);
  at(path).purpose = purpose;
}

}  // namespace rocmfix::detail
