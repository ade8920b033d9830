// SPDX-License-Identifier: MIT
// Sets a plan's module parameters for the next boot, and reverts them.
//
// Owns /etc/modprobe.d/rocmfix.conf and its state under /var/lib/rocmfix/. Never edits another
// file, never follows a link where a file should be, never leaves a half-written file: a process
// killed at any point leaves the old or the new one. A file of the user's at that path is kept
// and restored by revert().
#pragma once

#include <string>
#include <vector>

#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct ChangeReport {
  bool changed = false;  ///< the configuration file is not what it was
  bool dry_run = false;
  std::string file;  ///< path of the configuration file inside the root
  std::string text;  ///< what it holds (or would hold) now; empty: no file
  std::vector<Conflict> conflicts;
  std::vector<LineFault> line_faults;  ///< in the user's own files
  bool initramfs_updated = false;
  bool reboot_needed = false;
  std::vector<std::string> notes;  ///< sentences for the user
};

struct ApplyOptions {
  bool dry_run = false;
  bool update_initramfs = true;  ///< only ever for the running system
};

/// Errors: not_applicable without a supported GPU; refused when a link or a directory is in the
/// way, or the GPU is simulated and the root is not; io (permission, read-only, full); failed when
/// update-initramfs failed (the file is in place then, and the error says so).
Result<ChangeReport> apply_plan(const Root& root, const Machine& machine, const Plan& plan,
                                const ApplyOptions& options);
Result<ChangeReport> revert_changes(const Root& root, const ApplyOptions& options);

}  // namespace rocmfix
