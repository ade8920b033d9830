// SPDX-License-Identifier: MIT
// How the documents of schema 1 are written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "rocmfix/printable.hpp"

namespace rocmfix::detail {

using Json = nlohmann::ordered_json;

/// File contents and names need not be UTF-8; a document always is, and can be displayed.
inline std::string dump(const Json& document) {
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace rocmfix::detail
