// SPDX-License-Identifier: MIT
// Running update-initramfs on the running system.
#pragma once

#include "rocmfix/error.hpp"

namespace rocmfix::detail {

/// `update-initramfs -u -k all`: every installed kernel, because the next boot may not be into
/// the one that runs now. Its output goes to stderr. False: there is no such program here.
/// Errors: failed.
Result<bool> update_initramfs();

}  // namespace rocmfix::detail
