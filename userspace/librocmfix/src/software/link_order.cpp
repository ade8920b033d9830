// SPDX-License-Identifier: MIT
// AddressSanitizer's runtime, as a shared library, ends the program unless it is the first library
// (asan_linux.cpp, AsanCheckDynamicRTPrereqs). GCC links it first, and by default as a shared one;
// clang links it into the program. The other sanitizers do not check.
#include <algorithm>

#include "rocmfix/software.hpp"
#include "software/command.hpp"
#include "software/elf_dynamic.hpp"

namespace rocmfix {

namespace {

bool is_runtime(std::string_view library) {
  return library.find("libasan.so") != std::string_view::npos ||
         library.find("libclang_rt.asan") != std::string_view::npos;
}

/// The first of LD_PRELOAD.
std::string_view first_of(std::string_view list) {
  constexpr std::string_view separators = " :";
  list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
  return list.substr(0, list.find_first_of(separators));
}

/// "a=0:verify_asan_link_order=0": the last one counts.
bool is_switched_off(std::string_view options) {
  constexpr std::string_view name = "verify_asan_link_order=";
  const auto at = options.rfind(name);
  if (at == std::string_view::npos) {
    return false;
  }
  const std::string_view value = options.substr(at + name.size());
  return value.starts_with("0") || value.starts_with("false") || value.starts_with("no");
}

detail::Program program_of(const Root& root, std::span<const std::string> words,
                           const Environment& environment) {
  detail::Lookup lookup(root, environment);
  return detail::find_program(words, lookup);
}

}  // namespace

std::string runtime_to_come_first(std::span<const std::string> words,
                                  const Environment& environment, const Software& examined) {
  const auto root = Root::open("/");
  if (!root) {
    return {};
  }
  // Every launch comes here: nothing is looked for that is known.
  const std::string known = examined.state == SoftwareState::unnamed ? "" : examined.program;
  const std::string program = known.empty() ? program_of(*root, words, environment).file : known;
  const auto file = detail::RegularFile::open(*root, program);
  const auto dynamic = file ? detail::read_dynamic(*file) : fail(file.error());
  if (!dynamic || dynamic->needed.empty() || !is_runtime(dynamic->needed.front())) {
    return {};
  }
  detail::Lookup lookup(*root, environment);
  static_cast<void>(detail::find_program(words, lookup));  // which knows what env(1) sets
  const bool fine = is_runtime(first_of(lookup.variable("LD_PRELOAD"))) ||
                    is_switched_off(lookup.variable("ASAN_OPTIONS"));
  return fine ? "" : dynamic->needed.front();
}

}  // namespace rocmfix
