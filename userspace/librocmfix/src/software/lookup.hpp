// SPDX-License-Identifier: MIT
// What looking for a program's GPU code has in common: the environment that the program would
// inherit, bounded reading of files that anybody may have written, and what libraries carry.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/regular_file.hpp"
#include "rocmfix/code_objects.hpp"
#include "rocmfix/program_facts.hpp"
#include "rocmfix/root.hpp"
#include "rocmfix/software.hpp"
#include "software/code_cache.hpp"
#include "software/software_rules.hpp"

namespace rocmfix::detail {

/// "lib/libtorch_hip.so" of "torch" is "torch/lib/libtorch_hip.so".
std::string join(std::string_view folder, std::string_view name);
std::string parent(std::string_view path);
std::string file_name(std::string_view path);
/// fnmatch(3) against any of `patterns`.
bool matches(std::string_view name, std::span<const std::string_view> patterns);

/// What software.toml says of this file, its links resolved.
std::vector<CodeFallback> fallbacks_of(const std::string& path);

class Lookup {
 public:
  /// `root` outlives it, and so does `details`, which gets what a launch does not ask for; nullptr:
  /// nobody wants it.
  Lookup(const Root& root, Environment environment, ProgramFacts* details = nullptr);

  /// Where to note more than what a launch needs; nullptr: nowhere.
  [[nodiscard]] ProgramFacts* details() const { return details_; }

  [[nodiscard]] const Environment& environment() const { return environment_; }
  void set(std::string name, std::string value) {
    environment_[std::move(name)] = std::move(value);
  }
  /// A variable; empty when it is not set.
  [[nodiscard]] std::string variable(std::string_view name) const;
  /// `path`, when relative below this process's working directory; in a captured root below "/".
  [[nodiscard]] std::string absolute(std::string_view path) const;

  [[nodiscard]] bool exists(const std::string& path) const;
  [[nodiscard]] bool is_file(const std::string& path) const;
  [[nodiscard]] bool is_executable(const std::string& path) const;
  [[nodiscard]] bool is_folder(const std::string& path) const;
  /// Why it is not known what is in a folder, a clause; empty: it is known, or there is no such
  /// folder.
  [[nodiscard]] std::string hidden(const std::string& folder) const;
  /// The path with its links resolved; empty when there is nothing.
  [[nodiscard]] std::string real_path(const std::string& path) const;
  /// A regular file, or the first `most` bytes of one; nullopt for anything else.
  [[nodiscard]] std::optional<std::string> head(const std::string& path, std::size_t most) const;
  /// Errors: as RegularFile::open(), and invalid when too many files were looked at.
  Result<RegularFile> open(const std::string& path);
  /// The files below `folder` that match, sorted. Bounded. `folder` is taken literally; a pattern
  /// of software.toml may begin with "{folder}", or with a slash and is then absolute.
  std::vector<std::string> glob(const std::string& folder, std::string_view pattern);

  struct Code {
    std::vector<std::string> targets;  ///< empty: no GPU code
    std::string trouble;               ///< why the file's contents are unknown: a clause
  };
  /// What a library, and the kernels of Tensile's that go with it, carry.
  Code code_of(const std::string& path);

  /// Writes what was learnt into the cache.
  void finish() { cache_.save(); }

 private:
  bool spend(std::size_t files);
  void note(const std::string& path, int errnum) const;
  [[nodiscard]] std::optional<struct ::stat> status(const std::string& path) const;
  [[nodiscard]] std::optional<FileIdentity> identity(const std::string& path, mode_t type) const;
  Code read(const std::string& path);
  void note_kpack(const std::string& path, const CodeObjects& objects);
  Code read_tensile(const std::string& library, const LibraryRule& rule);

  const Root& root_;
  Environment environment_;
  ProgramFacts* details_ = nullptr;
  CodeCache cache_;
  // A program with all of its libraries opens some hundred; a tree of links could be without end.
  std::size_t left_ = 4096;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace rocmfix::detail
