// SPDX-License-Identifier: MIT
#include "rocmfix/apply.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/atomic_file.hpp"
#include "base/change_lock.hpp"
#include "modprobe/kept_files.hpp"
#include "modprobe/modprobe_files.hpp"
#include "modprobe/modprobe_text.hpp"
#include "modprobe/update_initramfs.hpp"
#include "rocmfix/simulation.hpp"
#include "util/formatted.hpp"

namespace rocmfix {
namespace {

using detail::AtomicDirectory;
using detail::ChangeLock;
using detail::ConfOrigin;
using detail::FileContent;
using detail::KeptFiles;

constexpr const char* conf_directory = "/etc/modprobe.d";
constexpr const char* conf_name = "rocmfix.conf";

Result<void> allow(const Root& root, const ApplyOptions& options, const char* what) {
  return options.dry_run ? Result<void>{} : refuse_when_simulated(root, what);
}

/// One apply or revert: the lock, what is there now, and what is to be reported.
class Change {
 public:
  Change(const Root& root, const ApplyOptions& options)
      : root_(&root), options_(options), kept_(root) {
    report_.dry_run = options.dry_run;
    report_.file = modprobe_conf_path;
  }

  Result<void> begin();
  Result<void> install(const std::string& text);
  Result<void> put_back();
  Result<void> leave_foreign();
  Result<ChangeReport> finish(const Result<void>& done);

  [[nodiscard]] const std::optional<FileContent>& current() const { return current_; }
  [[nodiscard]] ConfOrigin origin() const { return detail::origin_of(current_->text); }
  ChangeReport& report() { return report_; }
  void note(std::string sentence) { report_.notes.push_back(std::move(sentence)); }

 private:
  Result<void> keep_edited();
  Result<void> expect_initramfs();
  [[nodiscard]] bool for_system() const {
    return root_->is_system() && options_.update_initramfs && !options_.dry_run;
  }

  const Root* root_;
  ApplyOptions options_;
  std::optional<ChangeLock> lock_;
  KeptFiles kept_;
  std::optional<AtomicDirectory> directory_;
  std::optional<FileContent> current_;
  ChangeReport report_;
};

Result<void> Change::begin() {
  auto directory = options_.dry_run ? AtomicDirectory::open(*root_, conf_directory)
                                    : AtomicDirectory::create(*root_, conf_directory);
  if (!directory) {
    if (options_.dry_run && directory.error().errnum == ENOENT) {
      return {};
    }
    return fail(std::move(directory.error()));
  }
  directory_.emplace(std::move(*directory));
  if (!options_.dry_run) {
    if (auto writable = directory_->check_writable(conf_name); !writable) {
      return writable;
    }
    auto lock = ChangeLock::take(*root_);
    if (!lock) {
      return fail(std::move(lock.error()));
    }
    lock_.emplace(std::move(*lock));
    directory_->remove_stale(conf_name);
  }
  auto current = directory_->read(conf_name);
  if (!current) {
    return fail(std::move(current.error()));
  }
  current_ = std::move(*current);
  if (current_) {
    report_.text = current_->text;
  }
  return {};
}

Result<void> Change::keep_edited() {
  if (options_.dry_run) {
    note(formatted("{} was edited after rocmfix wrote it: a copy would be kept in {}", report_.file,
                   detail::state_directory));
    return {};
  }
  const auto path = kept_.keep_edited(*current_);
  if (!path) {
    return fail(path.error());
  }
  note(formatted("{} was edited after rocmfix wrote it: that version is kept as {}", report_.file,
                 *path));
  return {};
}

// Set before the file changes and taken away when update-initramfs has run: a run that is killed
// or fails in between is made good by the next one, although the file is right then already.
Result<void> Change::expect_initramfs() {
  return for_system() ? kept_.set_initramfs_pending() : Result<void>();
}

// The user's file is safe in the state directory, on the disk, before its place is taken.
Result<void> Change::install(const std::string& text) {
  FileContent content{text, 0644, {}, {}};
  if (current_ && origin() == ConfOrigin::edited) {
    if (auto kept = keep_edited(); !kept) {
      return kept;
    }
  } else if (current_ && origin() == ConfOrigin::foreign) {
    note(formatted("your own {} {} in {}, and `rocmfix revert` restores it", report_.file,
                   options_.dry_run ? "would be kept" : "is kept", detail::state_directory));
    if (!options_.dry_run) {
      if (auto kept = kept_.keep_original(*current_); !kept) {
        return kept;
      }
    }
  } else if (current_) {
    content = {text, current_->mode, current_->uid, current_->gid};
  }
  report_.changed = true;
  report_.text = text;
  if (options_.dry_run) {
    return {};
  }
  if (auto expected = expect_initramfs(); !expected) {
    return expected;
  }
  return directory_->write(conf_name, content);
}

// The original is back on the disk before the kept copy goes.
Result<void> Change::put_back() {
  auto original = kept_.original();
  if (!original) {
    return fail(std::move(original.error()));
  }
  if (current_ && origin() == ConfOrigin::edited) {
    if (auto kept = keep_edited(); !kept) {
      return kept;
    }
  }
  report_.changed = current_ || *original;
  report_.text = *original ? (*original)->text : "";
  if (*original) {
    note(formatted("your own {} {} restored", report_.file, options_.dry_run ? "would be" : "is"));
  }
  if (options_.dry_run || !report_.changed) {
    return {};
  }
  if (auto expected = expect_initramfs(); !expected) {
    return expected;
  }
  if (!*original) {
    return directory_->remove(conf_name);
  }
  if (auto written = directory_->write(conf_name, **original); !written) {
    return written;
  }
  return kept_.forget_original();
}

// A killed revert may have put the original back and not yet dropped the copy.
Result<void> Change::leave_foreign() {
  note(formatted("{} is your own, not rocmfix's: left alone", report_.file));
  const auto original = kept_.original();
  if (!original) {
    return fail(original.error());
  }
  if (*original && (*original)->text != current_->text) {
    note(formatted("an older one of yours is kept as {}/original.conf", detail::state_directory));
  } else if (*original && !options_.dry_run) {
    return kept_.forget_original();
  }
  return {};
}

Result<ChangeReport> Change::finish(const Result<void>& done) {
  if (!done) {
    if (!options_.dry_run) {
      kept_.tidy();
    }
    return fail(done.error());
  }
  if (for_system() && (report_.changed || kept_.initramfs_pending())) {
    auto updated = detail::update_initramfs(*root_);
    if (!updated) {
      Error error = std::move(updated.error());
      error.what += formatted("; {} is {}, but the initramfs still has the old settings",
                              report_.file, report_.text.empty() ? "removed" : "in place");
      return fail(std::move(error));
    }
    report_.initramfs_updated = *updated;
    if (!*updated) {
      note(
          "neither update-initramfs nor dracut is installed: if amdgpu is in your initramfs, "
          "rebuild it");
    }
    if (auto cleared = kept_.clear_initramfs_pending(); !cleared) {
      return fail(cleared.error());
    }
  }
  if (!options_.dry_run) {
    kept_.tidy();
  }
  return std::move(report_);
}

bool is_proposed(const PlanRow& row) {
  return row.layer == Layer::module && row.proposed;
}

Result<void> check_plain(const Plan& plan) {
  for (const auto& row : plan.settings) {
    if (is_proposed(row) && !detail::is_plain_option(row.name, *row.proposed)) {
      return fail({ErrorCode::invalid,
                   formatted("the plan's {}={} cannot be written as a module option", row.name,
                             *row.proposed),
                   0, "check /etc/rocmfix/settings.toml"});
    }
  }
  return {};
}

}  // namespace

Result<ChangeReport> apply_plan(const Root& root, const Machine& machine, const Plan& plan,
                                const ApplyOptions& options) {
  if (!machine.supported()) {
    return fail({ErrorCode::not_applicable, "no RDNA1 or RDNA2 GPU here: nothing to set", 0,
                 "`rocmfix status` shows the GPUs that were found"});
  }
  if (auto plain = check_plain(plan); !plain) {
    return fail(plain.error());
  }
  if (auto allowed = allow(root, options, "apply"); !allowed) {
    return fail(std::move(allowed.error()));
  }
  const auto configured = read_module_options(root);
  if (!configured) {
    return fail(configured.error());
  }
  Change change(root, options);
  if (auto begun = change.begin(); !begun) {
    return fail(begun.error());
  }
  auto& report = change.report();
  report.conflicts = find_conflicts(*configured, plan);
  for (Conflict& conflict : report.conflicts) {
    conflict.remedy = remedy(root, conflict.option);
  }
  report.line_faults = machine.line_faults;
  const bool wanted = std::any_of(plan.settings.begin(), plan.settings.end(), is_proposed);
  const auto& current = change.current();
  Result<void> done;
  if (wanted) {
    const std::string text = render_modprobe_conf(plan);
    if (!current || current->text != text) {
      done = change.install(text);
    }
  } else {
    change.note(formatted("profile {}: nothing needs setting for amdgpu on this machine",
                          to_string(plan.profile)));
    if (current && change.origin() == ConfOrigin::ours) {
      done = change.put_back();
    } else if (current) {
      change.note(formatted("{} was changed after rocmfix wrote it: left alone", report.file));
    }
  }
  report.reboot_needed =
      std::any_of(plan.settings.begin(), plan.settings.end(), [&machine](const PlanRow& row) {
        return is_proposed(row) && machine.driver.loaded && row.current &&
               !same_value(*row.current, *row.proposed);
      });
  return change.finish(done);
}

namespace {

/// True when the loaded amdgpu runs with a value that only `removed` gave it.
bool still_in_force(const Root& root, std::string_view removed, bool dry_run) {
  auto left = read_module_options(root).value_or(std::vector<ModuleOption>());
  if (dry_run) {
    std::erase_if(left, [](const auto& option) { return option.file == modprobe_conf_path; });
  }
  const auto now = effective_options(left);
  for (const auto& line : detail::parse_modprobe_lines(removed, "")) {
    for (const auto& [name, value] : detail::split_parameters(line.rest)) {
      const auto loaded = root.read_line("/sys/module/amdgpu/parameters/" + name);
      const auto other = now.find(name);
      if (loaded && same_value(*loaded, value) &&
          (other == now.end() || !same_value(other->second, value))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

Result<ChangeReport> revert_changes(const Root& root, const ApplyOptions& options) {
  if (auto allowed = allow(root, options, "revert"); !allowed) {
    return fail(std::move(allowed.error()));
  }
  Change change(root, options);
  if (auto begun = change.begin(); !begun) {
    return fail(begun.error());
  }
  const auto& current = change.current();
  if (current && change.origin() == ConfOrigin::foreign) {
    return change.finish(change.leave_foreign());
  }
  const auto done = change.put_back();
  if (!change.report().changed) {
    change.note("rocmfix has set nothing: nothing to undo");
  } else if (done && current) {
    change.report().reboot_needed = still_in_force(root, current->text, options.dry_run);
  }
  return change.finish(done);
}

}  // namespace rocmfix
