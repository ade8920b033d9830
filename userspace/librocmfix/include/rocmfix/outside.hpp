// SPDX-License-Identifier: MIT
// Commands that start a program where this environment does not reach it (containers, services,
// other users and machines), and the same command with the environment carried in. Which commands
// those are, and by which options, is data: userspace/data/software.toml.
//
// Reads words and nothing else; runs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rocmfix/software.hpp"

namespace rocmfix {

/// What is to be carried in.
struct Carried {
  Environment variables;
  std::vector<std::uint32_t> groups;  ///< ids of those that own the GPU's device nodes
};

struct OutsideCommand {
  std::string program;  ///< the word that was typed: "docker"
  std::string reason;   ///< why the environment stays outside, a clause
  std::string command;  ///< the command with the environment, for a shell; empty: it has all of it
  Environment given;    ///< what the command itself sets for the program: docker's -e NAME=VALUE
};

/// nullopt: the environment reaches what the command runs, as far as its words show. `environment`:
/// for `-e NAME`, which takes the value from there.
std::optional<OutsideCommand> find_outside(std::span<const std::string> words,
                                           const Environment& environment, const Carried& carried);

}  // namespace rocmfix
