// SPDX-License-Identifier: MIT
// userspace/data/firmware.toml as tables. The file says what each field means; a file
// /etc/rocmfix/firmware.toml adds to them or replaces entries by name.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/gpu.hpp"

namespace rocmfix::detail {

struct FirmwareFile {
  std::string_view name;
  std::span<const GcVersion> gc;
  std::uint64_t device = 0;  ///< 0: any
  bool revised = false;      ///< only with a PCI revision other than 0
  std::string_view mec;      ///< "amdgpu/navi10_mec.bin"
  std::string_view source;
};

struct AtomicsRule {
  std::string_view name;
  std::span<const GcVersion> gc;
  std::uint64_t mec = 0;
  std::string_view source;
};

struct FirmwarePackage {
  std::string_view name;
  std::string_view distribution;  ///< empty: any
  std::string_view release;       ///< empty: any
  std::string_view remedy;
  std::string_view command;  ///< empty: none
  std::string_view package;  ///< of packages.toml, instead of a command; empty: none
  std::string_view source;
};

class FirmwareRules {
 public:
  static FirmwareRules built_in();
  /// Errors: invalid with file, line and what is wrong; io when the file cannot be read.
  static Result<FirmwareRules> load(const Root& root);

  [[nodiscard]] std::span<const FirmwareFile> files() const { return files_; }
  [[nodiscard]] std::span<const AtomicsRule> atomics() const { return atomics_; }
  [[nodiscard]] std::span<const FirmwarePackage> packages() const { return packages_; }

  /// null: the GPU's GC version is unknown or in none; or its revision decides, and is unknown.
  [[nodiscard]] const FirmwareFile* file_of(const Gpu& gpu) const;
  /// null: the GC version is unknown or in none.
  [[nodiscard]] const AtomicsRule* without_atomics(const Gpu& gpu) const;
  /// null: none fits.
  [[nodiscard]] const FirmwarePackage* package_for(std::string_view distribution,
                                                   std::string_view release) const;

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const FirmwareFile> files_;
  std::span<const AtomicsRule> atomics_;
  std::span<const FirmwarePackage> packages_;
};

struct FirmwareTables {
  std::vector<FirmwareFile> files;
  std::vector<AtomicsRule> atomics;
  std::vector<FirmwarePackage> packages;
};

/// Errors: invalid with "origin:line: what".
Result<FirmwareTables> parse_firmware(std::string_view text, std::string_view origin,
                                      TomlArena& arena);

// Made from the file when the library is built.
namespace tables {
extern const std::span<const FirmwareFile> firmware_files;
extern const std::span<const AtomicsRule> atomics_rules;
extern const std::span<const FirmwarePackage> firmware_packages;
}  // namespace tables

}  // namespace rocmfix::detail
