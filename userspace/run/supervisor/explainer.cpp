// SPDX-License-Identifier: MIT
#include "supervisor/explainer.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "supervisor/helper.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::run {

namespace {

constexpr const char* library_name = "librocmfix.so.1";

/// Next to the launcher in a build tree; else wherever the loader finds it.
void* open_library() {
  std::array<char, PATH_MAX> self{};
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  std::string path(self.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  path.resize(path.rfind('/') + 1);
  path += "../lib/";
  path += library_name;
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
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
