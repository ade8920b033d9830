// SPDX-License-Identifier: MIT
// Errors as values. Exceptions are for bugs only; whatever can go wrong on a user's machine is an
// Error with the sentence to print and the next thing to type.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace rocmfix {

enum class ErrorCode {
  io,              ///< a file operation failed; `errnum` says how
  invalid,         ///< a file or an argument has a content that cannot be used
  refused,         ///< it could be done but would lose or endanger something
  not_applicable,  ///< no supported GPU here
  failed,          ///< a program that was run, or a library, reported failure
};

struct Error {
  ErrorCode code = ErrorCode::failed;
  std::string what;  ///< one sentence for a person, without a full stop
  int errnum = 0;    ///< errno value, 0 when none applies
  std::string hint;  ///< what to do or type next; may be empty
};

/// "WHAT: STRERROR" where an errno belongs to it, else "WHAT".
std::string to_string(const Error& error);

/// An Error of code `io` from the current errno: call it before anything else can change errno.
/// Adds the hint that the errno calls for (permission, disk full, read-only) when there is one.
Error io_error(std::string what, int errnum);

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// `return fail(io_error(...))` from a function that returns any Result.
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace rocmfix
