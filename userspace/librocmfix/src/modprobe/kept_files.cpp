// SPDX-License-Identifier: MIT
#include "modprobe/kept_files.hpp"

#include <cerrno>

#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {
constexpr const char* original_name = "original.conf";
constexpr const char* pending_name = "initramfs-pending";
}  // namespace

// nullptr: there is no directory, and none is wanted.
Result<AtomicDirectory*> KeptFiles::opened(bool make) {
  if (!directory_) {
    auto directory = make ? AtomicDirectory::create(*root_, state_directory)
                          : AtomicDirectory::open(*root_, state_directory);
    if (!directory) {
      if (!make && directory.error().errnum == ENOENT) {
        return nullptr;
      }
      return fail(std::move(directory.error()));
    }
    directory_.emplace(std::move(*directory));
  }
  return &*directory_;
}

Result<std::optional<FileContent>> KeptFiles::original() {
  const auto directory = opened(false);
  if (!directory) {
    return fail(directory.error());
  }
  return *directory != nullptr ? (*directory)->read(original_name)
                               : Result<std::optional<FileContent>>(std::nullopt);
}

Result<void> KeptFiles::keep_original(const FileContent& content) {
  const auto directory = opened(true);
  if (!directory) {
    return fail(directory.error());
  }
  const auto present = (*directory)->read(original_name);
  if (!present) {
    return fail(present.error());
  }
  if (*present && (*present)->text != content.text) {
    bool already_kept = false;
    const auto name = free_name(**present, already_kept);
    if (!name) {
      return fail(name.error());
    }
    if (auto moved = (*directory)->rename(original_name, *name); !moved) {
      return moved;
    }
  }
  return (*directory)->write(original_name, content);
}

Result<void> KeptFiles::forget_original() {
  const auto directory = opened(false);
  if (!directory || *directory == nullptr) {
    return {};
  }
  return (*directory)->remove(original_name);
}

// The name under which these bytes are kept already, else the first that is free.
Result<std::string> KeptFiles::free_name(const FileContent& content, bool& already_kept) {
  for (unsigned i = 1;; ++i) {
    std::string name = formatted("edited-{}.conf", i);
    const auto present = directory_->read(name);
    if (!present) {
      return fail(present.error());
    }
    already_kept = *present && (*present)->text == content.text;
    if (!*present || already_kept) {
      return name;
    }
  }
}

Result<std::string> KeptFiles::keep_edited(const FileContent& content) {
  const auto directory = opened(true);
  if (!directory) {
    return fail(directory.error());
  }
  bool already_kept = false;
  const auto name = free_name(content, already_kept);
  if (!name) {
    return fail(name.error());
  }
  if (!already_kept) {
    if (auto written = (*directory)->write(*name, content); !written) {
      return fail(written.error());
    }
  }
  return (*directory)->path_of(*name);
}

Result<void> KeptFiles::set_initramfs_pending() {
  const auto directory = opened(true);
  if (!directory) {
    return fail(directory.error());
  }
  return (*directory)
      ->write(pending_name, FileContent{"update-initramfs -u -k all\n", 0644, {}, {}});
}

bool KeptFiles::initramfs_pending() const {
  return root_->exists(std::string(state_directory) + "/" + pending_name);
}

Result<void> KeptFiles::clear_initramfs_pending() {
  const auto directory = opened(false);
  if (!directory || *directory == nullptr) {
    return {};
  }
  return (*directory)->remove(pending_name);
}

void KeptFiles::tidy() {
  const auto directory = opened(false);
  if (!directory || *directory == nullptr) {
    return;
  }
  for (const std::string& name : (*directory)->list()) {
    if (name.starts_with('.') && name.ends_with(".new")) {
      (*directory)->remove_stale(name.substr(1, name.size() - 5));
    }
  }
  directory_.reset();
  remove_empty_directory(*root_, state_directory);
}

}  // namespace rocmfix::detail
