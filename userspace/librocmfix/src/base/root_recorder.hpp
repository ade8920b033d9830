// SPDX-License-Identifier: MIT
// Who notes what is read through a Root, so that `rocmfix report` can pack exactly that.
//
// An interface: the launcher, which records nothing, links none of it. Paths are as they were asked
// for, links not resolved. Thread-safety: all functions may be called from several threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// What a file is read for, where not all of it is anybody's business.
enum class ReadFor : std::uint8_t {
  all,          ///< its content
  log,          ///< a kernel's messages: lines about GPUs and their driver
  records,      ///< the same as records of /dev/kmsg
  assignments,  ///< environment variables that the policy knows
};

class RootRecorder {
 public:
  RootRecorder() = default;
  RootRecorder(const RootRecorder&) = delete;
  RootRecorder& operator=(const RootRecorder&) = delete;
  RootRecorder(RootRecorder&&) = delete;
  RootRecorder& operator=(RootRecorder&&) = delete;
  virtual ~RootRecorder() = default;

  /// Somebody wanted to know whether there is something. `errnum`: why that failed; 0: there is.
  virtual void asked(std::string_view path, int errnum) = 0;
  virtual void status(std::string_view path, const FileStatus& status) = 0;
  /// It was opened, or could not be opened or read.
  virtual void opened(std::string_view path, int errnum) = 0;
  virtual void listed(std::string_view path, const std::vector<std::string>& names) = 0;
  /// All that was read of it, from its start.
  virtual void content(std::string_view path, std::string_view bytes) = 0;
  /// A part of a file of `size` bytes.
  virtual void range(std::string_view path, std::uint64_t size, std::uint64_t offset,
                     std::string_view bytes) = 0;
  virtual void read_for(std::string_view path, ReadFor purpose) = 0;
};

}  // namespace rocmfix::detail
