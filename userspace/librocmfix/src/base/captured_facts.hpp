// SPDX-License-Identifier: MIT
// What a plain directory cannot hold of the machine that a report was made of.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct CapturedNode {
  std::optional<FileStatus> status;
  int open_errnum = 0;   ///< why it could not be opened or read there; 0: it could
  int asked_errnum = 0;  ///< why not even its status was known
};

struct CapturedFacts {
  std::map<std::string, std::string, std::less<>> environment;  ///< that programs inherited
  std::string program;    ///< the argument of --program; empty: none was given
  std::string directory;  ///< the working directory
  std::map<std::string, CapturedNode, std::less<>> nodes;  ///< by path, as it was asked for

  /// nullptr: it is as the directory has it.
  [[nodiscard]] const CapturedNode* node(std::string_view path) const {
    const auto found = nodes.find(path);
    return found == nodes.end() ? nullptr : &found->second;
  }
};

}  // namespace rocmfix::detail
