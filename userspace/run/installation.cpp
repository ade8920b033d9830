// SPDX-License-Identifier: MIT
#include "installation.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

namespace rocmfix::run {

namespace {

std::string_view parent(std::string_view path) {
  return path.substr(0, path.find_last_of('/'));
}

}  // namespace

Result<std::string> own_prefix() {
  std::array<char, PATH_MAX> self{};
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size());
  if (length <= 0) {
    return fail(io_error("cannot determine the path of rocmfix-run: /proc/self/exe", errno));
  }
  return std::string(parent(parent({self.data(), static_cast<std::size_t>(length)})));
}

}  // namespace rocmfix::run
