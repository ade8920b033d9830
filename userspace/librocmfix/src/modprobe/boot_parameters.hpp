// SPDX-License-Identifier: MIT
// Where a word of the kernel command line is set for good: the files of the boot loaders, and what
// has to be run after a change of them.
//
// Reads text; starts nothing, and asks no boot loader.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct BootRemedy {
  std::string text;  ///< a clause that ends in a reboot: "remove X from ..., run `...`, and reboot"
  std::string command;  ///< the first thing to type
};

/// How to get `word` ("amdgpu.noretry=0") off the command line. With `part`, only that is to be
/// removed from the word: "amdgpu" from "modprobe.blacklist=nouveau,amdgpu".
BootRemedy remove_boot_parameter(const Root& root, std::string_view word,
                                 std::string_view part = {});

}  // namespace rocmfix::detail
