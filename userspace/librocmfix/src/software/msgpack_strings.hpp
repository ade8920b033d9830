// SPDX-License-Identifier: MIT
// One list of strings out of a msgpack document, with bounds on depth and length: a tree of hostile
// bytes would be as deep as there are bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::detail {

struct StringListLimits {
  std::size_t count = 256;
  std::size_t length = 4096;
};

/// The strings of the list that `key` has in the outermost map; other elements of it are passed
/// over. Reading ends with that list. nullopt: malformed, beyond a limit, or there is no such list.
std::optional<std::vector<std::string>> find_msgpack_strings(std::string_view bytes,
                                                             std::string_view key,
                                                             StringListLimits limits = {});

}  // namespace rocmfix::detail
