// SPDX-License-Identifier: MIT
#include "rocmfix/named_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "rocmfix/root.hpp"

namespace rocmfix {

Result<std::string> read_named_file(const std::filesystem::path& file, std::size_t limit) {
  const auto system = Root::open("/");
  if (!system) {
    return fail(system.error());
  }
  std::error_code error;
  const auto path = std::filesystem::absolute(file, error);
  auto text = system->read_regular(path.string(), limit);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return fail(io_error("cannot open " + file.string(), ENOENT));
  }
  return std::move(**text);
}

}  // namespace rocmfix
