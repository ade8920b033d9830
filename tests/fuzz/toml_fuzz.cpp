// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as one of the TOML files that an administrator may write; the first
// byte says which. Besides what the sanitizers find it holds that an error names the file and a
// line, in text without control characters, and that the outcome is the same again.
#include <algorithm>
#include <cctype>

#include "builds/builds_toml.hpp"
#include "explain/fault_rules_toml.hpp"
#include "fuzzing.hpp"
#include "machine/firmware_rules.hpp"
#include "machine/kernels_toml.hpp"
#include "policy/communicators_toml.hpp"
#include "policy/policy_toml.hpp"
#include "restart/mitigations_toml.hpp"
#include "software/software_rules.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

constexpr std::string_view origin = "file.toml";

template <class Tables>
std::string outcome(const Result<Tables>& tables) {
  if (tables) {
    return {};
  }
  require(tables.error().what.find(origin) != std::string::npos, "an error without its file");
  return tables.error().what;
}

std::string read(int which, std::string_view text) {
  TomlArena arena;
  switch (which) {
    case 0:
      return outcome(parse_chips(text, origin, arena));
    case 1:
      return outcome(parse_settings(text, origin, arena));
    case 2:
      return outcome(parse_fault_tables(text, origin, arena));
    case 3:
      return outcome(parse_mitigations(text, origin, arena));
    case 4:
      return outcome(parse_communicators(text, origin, arena));
    case 6:
      return outcome(parse_known_kernels(text, origin, arena));
    case 7:
      return outcome(detail::parse_firmware(text, origin, arena));
    case 8:
      return outcome(parse_builds(text, origin, arena));
    default:
      return outcome(detail::parse_software_rules(text, origin, arena));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kinds = 9;
  if (size < 2) {
    return 0;
  }
  const int which = data[0] % kinds;
  const std::string text(fuzz::text_of(data + 1, size - 1));  // so that reading beyond it is seen
  require(read(which, text) == read(which, text), "the same bytes, another outcome");
  return 0;
}
