// SPDX-License-Identifier: MIT
#include "rocmfix/communicators.hpp"

#include "base/overlay.hpp"
#include "policy/communicators_toml.hpp"

namespace rocmfix {

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/communicators.toml";

}  // namespace

Result<std::string> added_communicators(const Root& root) {
  const auto text = detail::read_overlay(root, overlay);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return std::string();
  }
  TomlArena arena;
  const auto added = parse_communicators(**text, root.host_path(overlay).string(), arena);
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
