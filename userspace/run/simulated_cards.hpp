// SPDX-License-Identifier: MIT
// What `rocmfix-run --simulate list` says: the cards that can be simulated.
#pragma once

#include <string>

namespace rocmfix::run {

/// A line a card, and what may follow its name.
std::string cards_text();
/// The same as a JSON document, schema 1.
std::string cards_json();

}  // namespace rocmfix::run
