// SPDX-License-Identifier: MIT
// ld.so(8)'s search, without ldd(1), which may run the program.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "software/elf_dynamic.hpp"
#include "software/loader_cache.hpp"
#include "software/lookup.hpp"

namespace rocmfix::detail {

/// One of ROCm's own libraries, by its file name or soname.
bool is_rocm_library(std::string_view name);

/// A program and the libraries that the loader would load with it.
class Closure {
 public:
  struct Object {
    std::string path;    // links resolved
    std::string wanted;  // the name it was asked for by
    ElfDynamic dynamic;
    std::ptrdiff_t loader = -1;  // index of the object that asked for it
    std::string shadows;         // LoadedLibrary::shadows
  };

  explicit Closure(Lookup& lookup) : lookup_(lookup) {}

  /// Breadth first, as the loader does it. False: the program itself cannot be read.
  bool load(const std::string& program);
  /// A file that is opened when the program runs, with what it needs.
  void open(const std::string& file);

  [[nodiscard]] const std::vector<Object>& objects() const { return objects_; }
  /// ROCm's among them, and those that were not found.
  [[nodiscard]] std::vector<LoadedLibrary> rocm_libraries(const std::string& process) const;

 private:
  bool add(const std::string& path, const std::string& wanted, std::ptrdiff_t loader);
  void add_needed(std::size_t first);
  void find(const std::string& name, std::ptrdiff_t loader);
  void note_shadowed(const std::string& name, const std::string& folder);
  [[nodiscard]] std::vector<std::string> expanded(const std::string& list, const Object& of) const;
  [[nodiscard]] std::vector<std::string> folders_before_cache(std::ptrdiff_t loader) const;
  const LoaderCache& cache();

  Lookup& lookup_;
  std::vector<Object> objects_;
  std::set<std::string> seen_;
  std::set<std::string> names_;
  std::map<std::string, std::ptrdiff_t> missing_;  // and who asked
  std::optional<LoaderCache> cache_;
};

/// Into the lookup's details, if somebody wants them: ROCm's libraries, and what MIOpen knows.
void note_rocm(const Closure& closure, const std::string& process, Lookup& lookup);

}  // namespace rocmfix::detail
