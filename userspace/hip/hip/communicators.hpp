// SPDX-License-Identifier: MIT
// Is an object a communication library, by its name? The names are data: communicators.toml.
#ifndef ROCMFIX_HIP_COMMUNICATORS_HPP
#define ROCMFIX_HIP_COMMUNICATORS_HPP

#include <span>
#include <string_view>

namespace rocmfix::hip {

/// Beginnings of file names, of four letters at least. Made by the build from
/// userspace/data/communicators.toml.
extern const std::span<const std::string_view> built_in_communicators;

/// `name` is a file's without its directory, or a SONAME; `added` more beginnings, "libone,libtwo".
bool is_communicator(std::string_view name, std::string_view added);

}  // namespace rocmfix::hip

#endif
