// SPDX-License-Identifier: MIT
// Who wrote the text in /etc/modprobe.d/rocmfix.conf. The file contains a checksum of its own
// body, so no separate record can get out of step with it when a run is killed.
#pragma once

#include <string_view>

namespace rocmfix::detail {

/// Where the user's own file is kept while ours has its place.
inline constexpr std::string_view original_conf_path = "/var/lib/rocmfix/original.conf";

enum class ConfOrigin {
  ours,     ///< as render_modprobe_conf() wrote it, at any time
  edited,   ///< ours, changed by somebody since
  foreign,  ///< somebody else's
};

ConfOrigin origin_of(std::string_view text);

/// True when `name=value` can be written to modprobe.d without quoting.
bool is_plain_option(std::string_view name, std::string_view value);

}  // namespace rocmfix::detail
