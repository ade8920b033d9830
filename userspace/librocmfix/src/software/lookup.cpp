// SPDX-License-Identifier: MIT
#include "software/lookup.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/captured_facts.hpp"
#include "base/root_recorder.hpp"
#include "rocmfix/code_objects.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {
namespace {

// A cold disk needs a second for a large library; a network that hangs must not hold up a launch.
constexpr std::chrono::seconds most_time{5};

void add(std::vector<std::string>& targets, const std::vector<std::string>& more) {
  targets.insert(targets.end(), more.begin(), more.end());
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
}

}  // namespace

std::string join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

std::string parent(std::string_view path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) {
    return ".";
  }
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

bool matches(std::string_view name, std::span<const std::string_view> patterns) {
  // A launch asks hundreds of them, and most begin with another letter: no call for those.
  const auto is_special = [](char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; };
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (!pattern.empty() && !name.starts_with(pattern.front()) && !is_special(pattern.front())) {
      return false;
    }
    const auto plain = static_cast<std::size_t>(
        std::find_if(pattern.begin(), pattern.end(), is_special) - pattern.begin());
    if (plain == pattern.size()) {
      return pattern == name;
    }
    return name.substr(0, plain) == pattern.substr(0, plain) &&
           ::fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
  });
}

std::vector<CodeFallback> fallbacks_of(const std::string& path) {
  std::vector<CodeFallback> found;
  for (const FallbackRule& rule : software_rules.fallbacks) {
    if (matches(path, rule.files)) {
      found.push_back({path,
                       {rule.code.begin(), rule.code.end()},
                       {rule.gfx.begin(), rule.gfx.end()},
                       std::string(rule.source)});
    }
  }
  return found;
}

Lookup::Lookup(const Root& root, Environment environment, ProgramFacts* details)
    : root_(root),
      environment_(std::move(environment)),
      details_(details),
      // A file of another root would take the place of the system's file of that path.
      // What it knows would be in no report, because nobody reads the file.
      cache_(root.is_system() && root.recorder() == nullptr ? environment_ : Environment()),
      deadline_(std::chrono::steady_clock::now() + most_time) {}

std::string Lookup::variable(std::string_view name) const {
  const auto found = environment_.find(name);
  return found == environment_.end() ? "" : found->second;
}

std::string Lookup::absolute(std::string_view path) const {
  if (path.starts_with('/')) {
    return std::string(path);
  }
  if (!root_.is_system()) {
    const auto* const captured = root_.captured();
    return captured != nullptr && captured->directory.starts_with('/')
               ? join(captured->directory, path)
               : "/" + std::string(path);
  }
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  return path.empty() ? here.string() : join(here.string(), path);
}

// What the calls below ask the kernel themselves, Root does not see.
void Lookup::note(const std::string& path, int errnum) const {
  if (root_.recorder() != nullptr) {
    root_.recorder()->asked(path, errnum);
  }
}

// A launch asks for some hundred files: on the running system one call each.
std::optional<struct stat> Lookup::status(const std::string& path) const {
  struct stat found {};
  if (root_.is_system()) {
    const bool there = ::stat(path.c_str(), &found) == 0;
    note(path, there ? 0 : errno);
    return there ? std::optional(found) : std::nullopt;
  }
  const auto inside = root_.status(path);
  found.st_mode = inside ? inside->mode : 0;
  return inside ? std::optional(found) : std::nullopt;
}

bool Lookup::exists(const std::string& path) const {
  if (!root_.is_system()) {
    return status(path).has_value();
  }
  const bool there = ::access(path.c_str(), F_OK) == 0;
  note(path, there ? 0 : errno);
  return there;
}

bool Lookup::is_file(const std::string& path) const {
  const auto found = status(path);
  return found && S_ISREG(found->st_mode);
}

bool Lookup::is_executable(const std::string& path) const {
  const auto found = status(path);
  if (!found || !S_ISREG(found->st_mode)) {
    return false;
  }
  // Who would run it there is not known.
  constexpr mode_t anybody = S_IXUSR | S_IXGRP | S_IXOTH;
  return root_.is_system() ? ::access(path.c_str(), X_OK) == 0 : (found->st_mode & anybody) != 0;
}

bool Lookup::is_folder(const std::string& path) const {
  const auto found = status(path);
  return found && S_ISDIR(found->st_mode);
}

std::string Lookup::hidden(const std::string& folder) const {
  const auto opened = root_.open_file(folder, O_DIRECTORY);
  if (opened) {
    const FileDescriptor closed(*opened);
    return {};
  }
  const int errnum = opened.error().errnum;
  return errnum == ENOENT || errnum == ENOTDIR ? std::string() : to_string(opened.error());
}

std::optional<FileIdentity> Lookup::identity(const std::string& path, mode_t type) const {
  const auto found = status(path);
  return found ? file_identity(*found, type) : std::nullopt;
}

std::string Lookup::real_path(const std::string& path) const {
  if (!root_.is_system()) {
    return root_.real_path(path).value_or("");
  }
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  note(path, error.value());
  return error ? "" : real.string();
}

std::optional<std::string> Lookup::head(const std::string& path, std::size_t most) const {
  const auto file = RegularFile::open(root_, path);
  if (!file) {
    return std::nullopt;
  }
  auto text = file->read(0, std::min<std::uint64_t>(file->size(), most));
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

bool Lookup::spend(std::size_t files) {
  if (files > left_ || std::chrono::steady_clock::now() > deadline_) {
    left_ = 0;
    return false;
  }
  left_ -= files;
  return true;
}

Result<RegularFile> Lookup::open(const std::string& path) {
  if (!spend(1)) {
    return fail(Error{ErrorCode::invalid, "too many files", 0, {}});
  }
  return RegularFile::open(root_, path);
}

std::vector<std::string> Lookup::glob(const std::string& folder, std::string_view pattern) {
  constexpr std::string_view placeholder = "{folder}";
  std::vector<std::string> found = {pattern.starts_with('/') ? "" : folder};
  if (pattern.starts_with(placeholder)) {
    pattern.remove_prefix(placeholder.size());
  }
  while (!pattern.empty() && !found.empty()) {
    pattern.remove_prefix(std::min(pattern.find_first_not_of('/'), pattern.size()));
    const auto slash = std::min(pattern.find('/'), pattern.size());
    const std::string part(pattern.substr(0, slash));
    pattern.remove_prefix(slash);
    if (part.empty()) {
      continue;
    }
    std::vector<std::string> next;
    for (const std::string& above : found) {
      if (part.find_first_of("*?[") == std::string::npos) {
        next.emplace_back(above).append("/").append(part);
        continue;
      }
      for (const std::string& name :
           spend(1) ? root_.list(above.empty() ? "/" : above) : std::vector<std::string>()) {
        if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0 && spend(1)) {
          next.emplace_back(above).append("/").append(name);
        }
      }
    }
    found = std::move(next);
  }
  std::erase_if(found, [&](const std::string& path) { return !exists(path); });
  return found;
}

Lookup::Code Lookup::code_of(const std::string& path) {
  Code code = read(path);
  for (const LibraryRule& rule : software_rules.libraries) {
    if (!rule.tensile.empty() && matches(file_name(path), rule.names)) {
      Code kernels = read_tensile(path, rule);
      // Those of the library itself are of no use without Tensile's.
      if (!kernels.targets.empty()) {
        return kernels;
      }
    }
  }
  return code;
}

Lookup::Code Lookup::read(const std::string& path) {
  if (!spend(1)) {
    return {{}, "there are too many files to examine, or reading them takes too long"};
  }
  const auto file = identity(path, S_IFREG);
  if (!file) {
    return {{}, path + " cannot be read"};
  }
  if (auto known = cache_.find(path, *file)) {
    return {std::move(*known), {}};
  }
  const auto objects = read_code_objects(root_, path);
  if (!objects) {
    return {{}, to_string(objects.error())};
  }
  note_kpack(path, *objects);
  if (!objects->complete()) {
    // Not remembered: it may be completed without a change of this file.
    return {objects->targets,
            objects->kpack_paths.empty()
                ? path + " contains GPU code that this version of rocmfix cannot read"
                : path +
                      " has its GPU code in .kpack files, and none is installed: for an RX 6700 "
                      "XT the package is amd-torch-device-gfx1031"};
  }
  if (objects->kpack_paths.empty()) {
    cache_.add(path, *file, objects->targets);
  }
  return {objects->targets, {}};
}

void Lookup::note_kpack(const std::string& path, const CodeObjects& objects) {
  if (details_ != nullptr && !objects.kpack_paths.empty()) {
    details_->kpack.push_back({path, objects.kpack_paths, objects.kpack_files, objects.targets,
                               objects.unread.empty() ? "" : objects.unread.front()});
  }
}

Lookup::Code Lookup::read_tensile(const std::string& library, const LibraryRule& rule) {
  Code code;
  const std::string file = real_path(library);
  const std::string folder = parent(file);
  TensileLibrary seen{library, {}, {}, {}, fallbacks_of(file)};
  // The library looks nowhere else then.
  const std::string elsewhere =
      file_name(library).starts_with("librocblas.so") ? variable("ROCBLAS_TENSILE_LIBPATH") : "";
  if (!elsewhere.empty()) {
    seen.folders.push_back(absolute(elsewhere));
  }
  for (const std::string_view pattern : rule.tensile) {
    if (!elsewhere.empty()) {
      break;
    }
    const auto more = glob(folder, pattern);
    seen.folders.insert(seen.folders.end(), more.begin(), more.end());
  }
  for (const std::string& one : seen.folders) {
    const auto place = identity(one, S_IFDIR);
    if (!place) {
      continue;
    }
    auto known = cache_.find(one, *place);
    if (!known || details_ != nullptr) {
      const TensileTargets kernels = read_tensile_folder(root_, one);
      known.emplace();
      add(*known, kernels.tuned);
      add(*known, kernels.untuned);
      add(seen.tuned, kernels.tuned);
      add(seen.untuned, kernels.untuned);
      cache_.add(one, *place, *known);
    }
    add(code.targets, *known);
  }
  if (details_ != nullptr) {
    details_->tensile.push_back(std::move(seen));
  }
  return code;
}

}  // namespace rocmfix::detail
