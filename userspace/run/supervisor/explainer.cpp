// SPDX-License-Identifier: MIT
#include "supervisor/explainer.hpp"

#include <dlfcn.h>

#include "installation.hpp"
#include "supervisor/helper.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::run {

namespace {

constexpr const char* library_name = "librocmfix.so.1";

/// Next to the launcher in a build tree; else wherever the loader finds it.
void* open_library() {
  const auto prefix = own_prefix();
  void* const library =
      prefix ? dlopen((*prefix + "/lib/" + library_name).c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  return library != nullptr ? library : dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
}

using Explain = char* (*)(const char* root, const char* request);

}  // namespace

std::optional<std::string> ask_library(const SignalQueue& signals, const std::string& root,
                                       const std::string& request) {
  return ask_helper(signals, [&](int out) {
    void* const library = open_library();
    auto* const explain = library == nullptr
                              ? nullptr
                              : reinterpret_cast<Explain>(dlsym(library, "rocmfix_explain_json"));
    // Not freed: the process ends.
    const char* const answer =
        explain == nullptr ? nullptr : explain(root.c_str(), request.c_str());
    return answer != nullptr && write_all(out, answer) ? 0 : 1;
  });
}

}  // namespace rocmfix::run
