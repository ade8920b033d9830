// SPDX-License-Identifier: MIT
// Which ISA targets the device code in a file was built for, read from the file alone: nothing is
// loaded, run or mapped. A program's libraries decide by this whether a GPU can run them at all.
//
// A file is hostile until checked: sizes and counts are bounded, a file that shrinks while it is
// read is an error value, and the time taken does not grow with the size of the code, only with the
// number of bundles (65536 at most).
//
// Formats: ELF64 libraries and programs with .hip_fatbin; a fat binary alone (hipcc --genco) and a
// code object alone (.hsaco, .co); kpack (TheRock's multi-arch packages). clang's
// ClangOffloadBundler documentation, LLVM's OffloadBundle.cpp and AMDGPUUsage, and shared/kpack of
// rocm-systems describe them.
//
// Thread-safety: all of it may be called from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/error.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct CodeObjects {
  /// Sorted, each once: "gfx1030", "gfx10-3-generic", "amdgcnspirv"; without features (":xnack-").
  /// Those of the .kpack files that were found are among them.
  std::vector<std::string> targets;
  /// Bundles found in .hip_fatbin, or in a file that is a row of bundles. 1 for a code object
  /// alone.
  std::uint64_t bundles = 0;
  /// What the host code registers with the runtime, a bundle each: the size of .hipFatBinSegment /
  /// 24. 0: there is no such section.
  std::uint64_t wrappers = 0;
  /// Of the marker .rocm_kpack_ref: where the code is, relative to the library's real folder, as
  /// written, so with @GFXARCH@ instead of a target.
  std::vector<std::string> kpack_paths;
  /// The .kpack files that these paths lead to and that could be read, inside the root.
  std::vector<std::string> kpack_files;
  /// What could not be read of it, a sentence each, 8 at most. The targets may then lack some.
  std::vector<std::string> unread;

  /// False also for a library whose device code is in .kpack files of which none is installed.
  [[nodiscard]] bool has_device_code() const { return !targets.empty(); }
  /// All that the file registers was found and read. False for a kpack marker without a matching
  /// .kpack file: the installation lacks the package with the device code.
  [[nodiscard]] bool complete() const;
};

/// `path` inside `root`. A file without device code is not an error: `targets` is empty.
/// Errors: io; invalid for a file that is not regular, neither ELF64 little-endian nor a bundle,
/// malformed, truncated, or beyond the limits.
Result<CodeObjects> read_code_objects(const Root& root, std::string_view path);
/// The same on the running system.
Result<CodeObjects> read_code_objects(const std::filesystem::path& file);

/// The targets that a .kpack file was packed for (its TOC's gfx_arches), sorted. Errors: as above.
Result<std::vector<std::string>> read_kpack_targets(const Root& root, std::string_view path);
Result<std::vector<std::string>> read_kpack_targets(const std::filesystem::path& file);

/// What rocBLAS or hipBLASLt finds in its library folder ("/usr/lib/.../rocblas/2.47.0/library"),
/// by the names of the files. Both sorted, and no target is in both.
struct TensileTargets {
  std::vector<std::string> tuned;    ///< with kernels that were tuned for the target (.co)
  std::vector<std::string> untuned;  ///< with general kernels only (.hsaco): works, slowly
  [[nodiscard]] bool empty() const { return tuned.empty() && untuned.empty(); }
};

/// Empty for a folder that is missing or has no such files.
TensileTargets read_tensile_folder(const Root& root, std::string_view folder);
TensileTargets read_tensile_folder(const std::filesystem::path& folder);

/// True when code built for `carried` runs on a GPU that the runtime takes for `wanted`: the same
/// target, a generic one that LLVM lists it under, or SPIR-V, which the runtime compiles (ROCm 7).
/// Features are not compared; a concrete target is wanted, never a generic one.
bool target_covers(std::string_view carried, std::string_view wanted);

}  // namespace rocmfix
