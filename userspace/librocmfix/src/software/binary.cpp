// SPDX-License-Identifier: MIT
#include "software/binary.hpp"

#include <algorithm>

#include "software/closure.hpp"

namespace rocmfix::detail {
namespace {

void open_plugins(Closure& closure, Lookup& lookup) {
  const std::size_t linked = closure.objects().size();
  for (const PluginRule& rule : software_rules.plugins) {
    for (std::size_t i = 0; i < linked; ++i) {
      const Closure::Object object = closure.objects()[i];
      if (!matches(object.wanted, rule.with) && !matches(file_name(object.path), rule.with)) {
        continue;
      }
      for (const std::string_view pattern : rule.files) {
        for (const std::string& file : lookup.glob(parent(object.path), pattern)) {
          closure.open(file);
        }
      }
    }
  }
}

/// HIP's own loader decides for all that it loads.
void add_fallbacks(const Closure& closure, Software& software) {
  for (const Closure::Object& object : closure.objects()) {
    for (const CodeFallback& fallback : fallbacks_of(object.path)) {
      if (!object.wanted.starts_with("libamdhip64.so")) {
        continue;
      }
      for (CarriedCode& library : software.libraries) {
        library.fallbacks.push_back(fallback);
      }
    }
  }
}

bool is_rocms(const Closure::Object& object) {
  return is_rocm_library(object.wanted) || is_rocm_library(file_name(object.path));
}

}  // namespace

Software examine_binary(const Program& program, Lookup& lookup) {
  Software software;
  Closure closure(lookup);
  if (!closure.load(program.file)) {
    software.state = SoftwareState::unknown;
    software.why = program.file + " is not a readable 64-bit program";
    return software;
  }
  open_plugins(closure, lookup);
  note_rocm(closure, program.file, lookup);
  bool decided = false;
  bool has_hip = false;
  for (const Closure::Object& object : closure.objects()) {
    const bool own = !is_rocms(object);
    Lookup::Code code = lookup.code_of(object.path);
    has_hip = has_hip || object.wanted.starts_with("libamdhip64.so");
    if (!code.trouble.empty() && own) {
      software.state = SoftwareState::unknown;
      software.why = code.trouble;
      return software;
    }
    if (!code.targets.empty()) {
      decided = decided || own;
      software.libraries.push_back({object.path, std::move(code.targets), own});
    }
  }
  if (!decided && !software.libraries.empty()) {
    // It has no kernels of its own: those of the libraries that it is linked with are what it runs.
    for (CarriedCode& library : software.libraries) {
      library.decides = true;
    }
    decided = true;
  }
  add_fallbacks(closure, software);
  software.state = decided ? SoftwareState::known : SoftwareState::none;
  if (!decided && has_hip) {
    software.state = SoftwareState::unknown;
    software.why = program.file + " is linked with HIP, and gets its GPU code from elsewhere";
  } else if (!decided) {
    software.why = "nothing that " + program.file +
                   " is linked with, and no plugin that rocmfix knows of, has GPU code";
  }
  return software;
}

}  // namespace rocmfix::detail
