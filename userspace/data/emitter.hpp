// SPDX-License-Identifier: MIT
// For the build tools that turn userspace/data/*.toml into C++ tables: text in, constants out.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/policy.hpp"

namespace rocmfix::generate {

inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

// Emits arrays as named constants and hands back the expression that refers to them.
class Emitter {
 public:
  std::string array(std::string_view type, const std::vector<std::string>& items) {
    if (items.empty()) {
      return "{}";
    }
    std::string name = fmt::format("a{}", count_++);
    text_ += fmt::format("constexpr {} {}[] = {{{}}};\n", type, name, fmt::join(items, ", "));
    return name;
  }
  std::string strings(Strings values) {
    std::vector<std::string> items;
    for (const auto value : values) {
      items.push_back(quoted(value));
    }
    return array("std::string_view", items);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  unsigned count_ = 0;
};

inline std::string read_file(const char* path) {
  const std::ifstream in(path, std::ios::binary);
  if (!in) {
    fmt::print(stderr, "error: cannot read {}\n", path);
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "error: {}\nhint: {}\n", to_string(result.error()), result.error().hint);
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  return std::move(*result);
}

/// Writes `path`: `names` as the span `variable`, which `header` declares in `name_space`.
/// Returns the build tool's exit status.
inline int write_names(const char* path, std::string_view made_from, std::string_view header,
                       std::string_view name_space, std::string_view variable,
                       const std::vector<std::string_view>& names) {
  std::vector<std::string> items;
  items.reserve(names.size());
  for (const std::string_view name : names) {
    items.push_back(quoted(name));
  }
  std::ofstream out(path, std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/{0}; edit that.\n"
      "#include \"{1}\"\n\n"
      "namespace {2} {{\nnamespace {{\n"
      "constexpr std::string_view names[] = {{{3}}};\n}}  // namespace\n\n"
      "const std::span<const std::string_view> {4}(names);\n"
      "}}  // namespace {2}\n",
      made_from, header, name_space, fmt::join(items, ", "), variable);
  out.close();
  return out ? 0 : 1;
}

}  // namespace rocmfix::generate
