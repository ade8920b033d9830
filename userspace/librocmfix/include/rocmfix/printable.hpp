// SPDX-License-Identifier: MIT
// Text of foreign origin (a file's name, a process's, a variable, sysfs, TOML), made safe to print
// by the rule of printable_character.hpp.
#pragma once

#include <string>
#include <string_view>

namespace rocmfix {

/// A field in a line: a line break is escaped, too, so that no text can pass for another line.
std::string printable(std::string_view text);

/// The same for a line of a log: a tab becomes a space, spaces at the ends are removed, and it is
/// cut at `limit` bytes, between characters.
std::string printable_line(std::string_view text, std::size_t limit);

/// Several lines, such as a whole output: line breaks stay. The last guard, not the first: it
/// cannot distinguish a line of the text from one that a field contained.
std::string printable_lines(std::string_view text);

/// A JSON document, unchanged as a document: what is not printable in its strings becomes \uNNNN.
/// `json`: valid UTF-8 with C0 escaped, as every JSON library writes it.
std::string printable_json(std::string_view json);

/// True when printable() changes nothing.
bool is_printable(std::string_view text);

}  // namespace rocmfix
