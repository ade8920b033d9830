// SPDX-License-Identifier: MIT
// What is in an open folder. Links are names like any other, and never followed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::run {

/// The first `most` names that begin with `prefix`; of a very full folder, not all are looked at.
std::vector<std::string> names_in(int folder, std::size_t most, std::string_view prefix = {});

/// Deletes the files in it, some thousand at most. What cannot be deleted stays.
void empty_folder(int folder);

}  // namespace rocmfix::run
