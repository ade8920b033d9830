// SPDX-License-Identifier: MIT
// Whether the kernel takes modules that are not signed, and which keys it knows, as far as that
// shows without root. dkms/check-signature asks the same with root's means before a module is
// installed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// Why signatures count, a clause; empty: they do not. nullopt: not known.
std::optional<std::string> why_signatures_count(const Root& root);

/// True when `certificate`, the bytes of an X.509 certificate, is among the keys that the machine's
/// owner enrolled (MOK). nullopt: these cannot be read.
std::optional<bool> is_enrolled(const Root& root, std::string_view certificate);

/// nullopt: the module's file cannot be read.
std::optional<bool> is_signed(const Root& root, const std::string& module);

/// Of the key that dkms signs with by default, on Debian and on Ubuntu: the one that is there.
const char* signing_certificate(const Root& root);

}  // namespace rocmfix::detail
