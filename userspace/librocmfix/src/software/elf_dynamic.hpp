// SPDX-License-Identifier: MIT
// What a program or a library asks the dynamic loader for.
#pragma once

#include <string>
#include <vector>

#include "base/regular_file.hpp"

namespace rocmfix::detail {

struct ElfDynamic {
  std::uint16_t machine = 0;        ///< EM_X86_64
  std::vector<std::string> needed;  ///< DT_NEEDED, in order
  std::string soname;               ///< by which others ask for it
  std::string rpath;                ///< DT_RPATH, which a DT_RUNPATH puts out of force
  std::string runpath;
};

/// Empty for what is linked statically. Errors: io; invalid, also for no ELF64 file.
Result<ElfDynamic> read_dynamic(const RegularFile& file);

}  // namespace rocmfix::detail
