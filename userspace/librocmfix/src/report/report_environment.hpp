// SPDX-License-Identifier: MIT
// Which environment variables a report has.
#pragma once

#include <string_view>

#include "rocmfix/policy.hpp"

namespace rocmfix::detail {

/// A setting of the policy, one that GPU runtimes read, or one that rocmfix itself goes by.
bool is_reported_variable(std::string_view name, const Policy& policy);

}  // namespace rocmfix::detail
