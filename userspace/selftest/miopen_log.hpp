// SPDX-License-Identifier: MIT
// Which solvers MIOpen has taken, by its log of level 5.
#pragma once

#include <string>
#include <string_view>

namespace rocmfix::selftest {

/// "FW ConvAsm3x3U, BWD ConvOclBwdWrW53", each once; empty where the log does not say it.
std::string miopen_solvers(std::string_view log);

}  // namespace rocmfix::selftest
