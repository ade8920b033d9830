// SPDX-License-Identifier: MIT
// What a HIP runtime has written about a GPU memory fault, by the rules of `rocmfix explain`.
#pragma once

#include <string>

namespace rocmfix::selftest {

/// In a sentence, with address and reason; empty: there is none in `text`.
std::string memory_fault(const std::string& text);

}  // namespace rocmfix::selftest
