// SPDX-License-Identifier: MIT
// Turns errors into the sentence and the hint that a person sees.
#include "rocmfix/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

// A small file of /proc or /sys; empty when it cannot be read.
std::string kernel_file(const char* path) {
  std::string text(4096, '\0');
  const FileDescriptor fd(::open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

// The bit of CAP_DAC_OVERRIDE in "CapEff:\t000001ffffffffff".
bool lacks_dac_override() {
  constexpr std::string_view key = "CapEff:\t";
  const std::string status = kernel_file("/proc/self/status");
  const auto at = status.find(key);
  return at != std::string::npos &&
         (std::strtoull(status.c_str() + at + key.size(), nullptr, 16) >> 1U & 1U) == 0;
}

// "         0          0 4294967295" outside of user namespaces.
bool is_in_user_namespace() {
  const std::string map = kernel_file("/proc/self/uid_map");
  return !map.empty() && map.find("4294967295") == std::string::npos;
}

// sudo gives root nothing that it does not have.
std::string hint_for_root() {
  if (is_in_user_namespace() || lacks_dac_override()) {
    return "root in this container or service does not have the rights of the host's root: "
           "run it on the host";
  }
  const std::string lockdown = kernel_file("/sys/kernel/security/lockdown");
  const bool locked = !lockdown.empty() && lockdown.find("[none]") == std::string::npos;
  return std::string(
             "even root is refused: is it immutable (lsattr), on a network file system, or "
             "protected by a security module (sudo dmesg | grep -i denied)?") +
         (locked ? " The kernel is locked down (/sys/kernel/security/lockdown)" : "");
}

std::string hint_for(int errnum) {
  switch (errnum) {
    case EACCES:
    case EPERM:
      return ::geteuid() == 0 ? hint_for_root() : "run it with sudo";
    case EROFS:
      return "the file system is mounted read-only; remount it read-write first";
    case ENOSPC:
    case EDQUOT:
      return "free some space there and run it again";
    case ELOOP:
      return "a symbolic link in that path forms a loop, or is not allowed there; see "
             "namei -l";
    default:
      return {};
  }
}

}  // namespace

std::string to_string(const Error& error) {
  if (error.errnum == 0) {
    return error.what;
  }
  return formatted("{}: {}", error.what, std::generic_category().message(error.errnum));
}

Error io_error(std::string what, int errnum) {
  return Error{ErrorCode::io, std::move(what), errnum, hint_for(errnum)};
}

}  // namespace rocmfix
