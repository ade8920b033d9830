// SPDX-License-Identifier: MIT
// Kernels with known trouble, as data: userspace/data/kernels.toml, which says what each field
// means. A file /etc/rocmfix/kernels.toml adds to it or replaces entries by name.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct KnownKernel {
  std::string_view name;
  std::string_view distribution;  ///< who built it; empty: any
  std::string_view first;         ///< first version with the trouble
  std::string_view last;          ///< last one; covers what begins with its numbers
  std::string_view verdict;       ///< "warning" or "note"
  Strings gfx;                    ///< empty: every GPU
  std::string_view summary;
  std::string_view remedy;
  bool update = false;     ///< the distribution's updates bring the remedy
  std::string_view grade;  ///< "S", "U", "S, U" or "?"
  std::string_view source;
};

/// The running kernel, as it describes itself.
struct RunningKernel {
  std::string release;       ///< "6.12.115+deb13-amd64"
  std::string distribution;  ///< "debian", "ubuntu"; empty: another, or unknown
  std::string package;       ///< "6.12.115-1", "7.0.0-28.28"; empty: unknown
  std::string upstream;      ///< "6.12.115": what it is based on, as far as it can be known
};

/// From /proc/version, /proc/version_signature (Ubuntu) and read_kernel_release(); nullopt: the
/// root does not say which kernel runs.
std::optional<RunningKernel> read_running_kernel(const Root& root);

class KnownKernels {
 public:
  /// The table compiled in. Never fails, parses nothing.
  static KnownKernels built_in();
  /// That, with /etc/rocmfix/kernels.toml of `root` laid over it.
  /// Errors: invalid with file, line and what is wrong; io when the file cannot be read.
  static Result<KnownKernels> load(const Root& root);

  [[nodiscard]] std::span<const KnownKernel> entries() const { return entries_; }
  /// Those that apply to this kernel with a GPU of this target ("gfx1031"; empty: unknown, which
  /// entries for certain GPUs do not apply to). Valid as long as these tables.
  [[nodiscard]] std::vector<const KnownKernel*> find(const RunningKernel& kernel,
                                                     std::string_view gfx) const;

 private:
  struct Storage;  // owns what an overlay file added
  std::shared_ptr<const Storage> storage_;
  std::span<const KnownKernel> entries_;
};

}  // namespace rocmfix
