// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as a file that sets variables; the first byte says of which kind.
// Besides what the sanitizers find it holds that what is found is in the text: a name that is one,
// on a line that is there, with a value no longer than the text; and that it is the same again.
#include <algorithm>

#include "doctor/assignments.hpp"
#include "fuzzing.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

bool is_same(const detail::Assignment& a, const detail::Assignment& b) {
  return a.name == b.name && a.value == b.value && a.line == b.line && a.kind == b.kind;
}

void check(const detail::Assignment& one, std::string_view text, detail::AssignedIn kind) {
  const bool unit = kind == detail::AssignedIn::unit || kind == detail::AssignedIn::user_unit;
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  require(one.line >= 1 && one.line <= static_cast<unsigned>(lines), "a line of the text");
  require(one.name.size() + one.value.size() <= text.size(), "no more than the text");
  require(one.kind == kind, "the kind of the file");
  require(!one.name.empty() || (unit && one.value.starts_with('/')), "a name, or a unit's file");
  require(std::all_of(one.name.begin(), one.name.end(),
                      [](char letter) {
                        return letter == '_' || (letter >= '0' && letter <= '9') ||
                               (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
                      }),
          "a variable's name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kinds = 6;
  if (size < 1) {
    return 0;
  }
  const auto kind = static_cast<detail::AssignedIn>(data[0] % kinds);
  const std::string text(fuzz::text_of(data + 1, size - 1));
  const auto first = detail::parse_assignments(text, kind);
  for (const detail::Assignment& one : first) {
    check(one, text, kind);
  }
  const auto second = detail::parse_assignments(text, kind);
  require(std::equal(first.begin(), first.end(), second.begin(), second.end(), is_same),
          "the same bytes, another outcome");
  return 0;
}
