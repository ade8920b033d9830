// SPDX-License-Identifier: MIT
#include "machine/log_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/root_recorder.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

// Of each file. A boot is a megabyte of messages at the most, unless something floods the log.
constexpr std::size_t most_of_log = 8U << 20U;

/// Where the line begins that is the first of the last boot in `text`; npos: none is.
std::size_t last_boot(std::string_view text) {
  // The first line of a boot: linux_banner. A kernel's own lines have its time before them.
  constexpr std::string_view banner = "] Linux version ";
  const auto at = text.rfind(banner);
  if (at == std::string_view::npos) {
    return at;
  }
  const auto newline = text.rfind('\n', at);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

bool is_missing(const Error& error) {
  return error.errnum == ENOENT || error.errnum == ENOTDIR;
}

}  // namespace

Result<std::string> read_log_end(const Root& root, std::string_view path, std::size_t limit) {
  // O_NONBLOCK: a FIFO must not hang the reader.
  const auto opened = root.open_file(path, O_NONBLOCK);
  if (!opened) {
    return fail(opened.error());
  }
  const FileDescriptor fd(*opened);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
    return fail(Error{ErrorCode::invalid,
                      formatted("{} is not a regular file", root.host_path(path).string()),
                      0,
                      {}});
  }
  const auto size = static_cast<std::uint64_t>(st.st_size);
  std::uint64_t offset = size > limit ? size - limit : 0;
  const bool cut = offset > 0;
  std::string text;
  std::array<char, 65536> buffer{};
  // It may grow meanwhile.
  while (text.size() < limit) {
    const ssize_t got = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(io_error("cannot read " + root.host_path(path).string(), errno));
    }
    if (got == 0) {
      break;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  if (cut) {
    const auto newline = text.find('\n');
    text.erase(0, newline == std::string::npos ? text.size() : newline + 1);
  }
  if (root.recorder() != nullptr) {
    root.recorder()->content(path, text);
    root.recorder()->read_for(path, ReadFor::log);
  }
  return text;
}

LoggedBoots read_logged_boots(const Root& root) {
  LoggedBoots boots;
  for (const std::string path : {"/var/log/kern.log", "/var/log/syslog", "/var/log/messages"}) {
    auto text = read_log_end(root, path, most_of_log);
    if (!text) {
      if (!is_missing(text.error()) && !boots.error) {
        boots.error = text.error();
      }
      continue;
    }
    std::string current = std::move(*text);
    std::string before;
    std::string file = path;
    if (const auto begin = last_boot(current); begin != std::string::npos) {
      before = current.substr(0, begin);
      current.erase(0, begin);
    }
    if (last_boot(before) == std::string::npos) {
      if (auto rotated = read_log_end(root, path + ".1", most_of_log)) {
        const bool whole = before.empty() && last_boot(current) != 0;
        // Without a boot in the newer file, this one began in the older one.
        if (const auto begin = last_boot(*rotated); whole && begin != std::string::npos) {
          current.insert(0, *rotated, begin, std::string::npos);
          rotated->erase(begin);
        }
        before.insert(0, *rotated);
        file = path + ".1";
      }
    }
    if (const auto begin = last_boot(before); begin != std::string::npos) {
      before.erase(0, begin);
    }
    boots.current = BootLog{path, std::move(current)};
    if (!before.empty()) {
      boots.previous = BootLog{std::move(file), std::move(before)};
    }
    boots.error.reset();
    return boots;
  }
  return boots;
}

}  // namespace rocmfix::detail
