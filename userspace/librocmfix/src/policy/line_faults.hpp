// SPDX-License-Identifier: MIT
// Lines of modprobe's configuration, and words of the kernel command line, that are meant for
// amdgpu and do nothing, or because of which amdgpu is not loaded.
//
// Goes by what libkmod and the kernel (lib/cmdline.c, kernel/params.c) do with them. Judges no
// value: settings.toml does.
#pragma once

#include <span>
#include <vector>

#include "rocmfix/driver.hpp"
#include "rocmfix/module_options.hpp"
#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// In the order in which modprobe reads them; the command line last. Errors: as
/// read_module_options().
Result<std::vector<LineFault>> find_line_faults(const Root& root, const Driver& driver,
                                                std::span<const Setting> settings);

}  // namespace rocmfix::detail
