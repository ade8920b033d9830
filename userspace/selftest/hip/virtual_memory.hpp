// SPDX-License-Identifier: MIT
// Memory that a kernel may read and not write: the interface that HIP has for it since 6.0.
#pragma once

#include "rocmfix/error.hpp"

namespace rocmfix::selftest {

/// Two MiB that stay. Errors: not_applicable, where the runtime has no such memory.
Result<void*> map_read_only(int device);

}  // namespace rocmfix::selftest
