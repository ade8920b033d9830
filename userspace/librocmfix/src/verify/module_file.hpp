// SPDX-License-Identifier: MIT
// Which amdgpu a .ko file is: its modinfo and a sum of its bytes, packed (.xz, .zst, .gz) or not.
// Telling two copies apart needs both: stock modules have neither version nor srcversion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {

struct ModuleIdentity {
  std::string path;
  std::optional<std::string> version;
  std::optional<std::string> srcversion;
  std::optional<std::string> rocmfix;
  std::optional<std::string> vermagic;
  std::uint64_t size = 0;  ///< unpacked
  std::uint64_t sum = 0;   ///< of the unpacked bytes
};

/// nullopt: unknown (one copy is stripped and nothing else distinguishes them).
std::optional<bool> same_module(const ModuleIdentity& a, const ModuleIdentity& b);

/// Collects a module's bytes in memory, then identifies it.
class ModuleCollector {
 public:
  ModuleCollector();
  void add(std::string_view bytes);
  /// Once. `name` is for messages. Errors: refused when it is too big; as identify_module().
  Result<ModuleIdentity> identify(const std::string& path, std::string name) &&;

 private:
  FileDescriptor packed_;
  std::uint64_t size_ = 0;
  bool good_ = true;
};

/// Errors: io; invalid when it is no regular file, damaged, or no module; refused when it unpacks
/// to more than a module has.
Result<ModuleIdentity> identify_module(const Root& root, const std::string& path);

}  // namespace rocmfix::detail
