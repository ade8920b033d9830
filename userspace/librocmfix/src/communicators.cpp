// SPDX-License-Identifier: MIT
#include "rocmfix/communicators.hpp"

#include <cerrno>

#include "communicators_toml.hpp"

namespace rocmfix {

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/communicators.toml";

}  // namespace

Result<std::string> added_communicators(const Root& root) {
  const auto text = root.read(overlay);
  if (!text) {
    if (text.error().errnum == ENOENT || text.error().errnum == ENOTDIR) {
      return std::string();
    }
    return fail(text.error());
  }
  PolicyArena arena;
  const auto added = parse_communicators(*text, root.host_path(overlay).string(), arena);
  if (!added) {
    return fail(added.error());
  }
  std::string list;
  for (const Communicator& one : *added) {
    for (const std::string_view name : one.starts_with) {
      list += (list.empty() ? "" : ",") + std::string(name);
    }
  }
  return list;
}

}  // namespace rocmfix
