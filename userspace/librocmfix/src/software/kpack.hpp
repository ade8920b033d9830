// SPDX-License-Identifier: MIT
// kpack: a library's device code in files next to it, one a target or family (rocm-systems,
// shared/kpack). The library has a marker section that names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// The kpack_search_paths of the bytes of a marker (.rocm_kpack_ref). Errors: invalid.
Result<std::vector<std::string>> parse_kpack_marker(std::string_view bytes,
                                                    const std::string& name);

/// The files that exist for `kpack_paths`, as the runtime looks for them: relative to the folder of
/// the library's real path, with any target for @GFXARCH@. Names that do not end in .kpack are
/// skipped, so that a hostile marker cannot have a device opened.
std::vector<std::string> find_kpack_files(const Root& root, std::string_view library,
                                          const std::vector<std::string>& kpack_paths);

}  // namespace rocmfix::detail
