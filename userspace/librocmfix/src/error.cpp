// SPDX-License-Identifier: MIT
// Turns errors into the sentence and the hint that a person sees.
#include "rocmfix/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace rocmfix {

namespace {

std::string hint_for(int errnum) {
  switch (errnum) {
    case EACCES:
    case EPERM:
      return "run it with sudo";
    case EROFS:
      return "the file system is mounted read-only; remount it read-write first";
    case ENOSPC:
    case EDQUOT:
      return "free some space there and run it again";
    case ELOOP:
      return "a symbolic link in that path leads back to itself, or stands where none may; see "
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
  return fmt::format("{}: {}", error.what, std::generic_category().message(error.errnum));
}

Error io_error(std::string what, int errnum) {
  return Error{ErrorCode::io, std::move(what), errnum, hint_for(errnum)};
}

}  // namespace rocmfix
