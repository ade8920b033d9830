// SPDX-License-Identifier: MIT
#include "software/closure.hpp"

#include <algorithm>

#include "software/miopen_names.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t most_objects = 512;
constexpr std::size_t most_cache_bytes = 16U << 20U;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<std::string> split_path(std::string_view list) {
  std::vector<std::string> folders;
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(":;"), list.size());
    folders.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return folders;
}

bool is_plain(const std::string& name) {
  return std::any_of(
      software_rules.libraries.begin(), software_rules.libraries.end(),
      [&](const LibraryRule& rule) { return rule.plain && matches(name, rule.names); });
}

}  // namespace

bool is_rocm_library(std::string_view name) {
  return std::any_of(
      software_rules.libraries.begin(), software_rules.libraries.end(),
      [&](const LibraryRule& rule) { return !rule.plain && matches(name, rule.names); });
}

bool Closure::load(const std::string& program) {
  if (!add(lookup_.real_path(program), file_name(program), -1)) {
    return false;
  }
  add_needed(0);
  return true;
}

void Closure::open(const std::string& file) {
  const std::size_t before = objects_.size();
  if (add(lookup_.real_path(file), file_name(file), objects_.empty() ? -1 : 0)) {
    add_needed(before);
  }
}

void Closure::add_needed(std::size_t first) {
  for (std::size_t i = first; i < objects_.size() && objects_.size() < most_objects; ++i) {
    const auto needed = objects_[i].dynamic.needed;  // objects_ grows
    for (const std::string& name : needed) {
      find(name, static_cast<std::ptrdiff_t>(i));
    }
  }
}

bool Closure::add(const std::string& path, const std::string& wanted, std::ptrdiff_t loader) {
  if (path.empty() || seen_.contains(path)) {
    return !path.empty();
  }
  const auto file = lookup_.open(path);
  if (!file) {
    return false;
  }
  auto dynamic = read_dynamic(*file);
  if (!dynamic || (!objects_.empty() && dynamic->machine != objects_[0].dynamic.machine)) {
    return false;
  }
  seen_.insert(path);
  if (!dynamic->soname.empty()) {
    names_.insert(dynamic->soname);  // whoever asks for it gets this one
  }
  objects_.push_back({path, wanted, std::move(*dynamic), loader, {}});
  return true;
}

void Closure::find(const std::string& name, std::ptrdiff_t loader) {
  if (!names_.insert(name).second || is_plain(name)) {
    return;  // by its soname, whoever asks
  }
  if (name.find('/') != std::string::npos) {
    add(lookup_.real_path(lookup_.absolute(name)), file_name(name), loader);
    return;
  }
  for (const std::string& folder : folders_before_cache(loader)) {
    if (add(lookup_.real_path(join(folder, name)), name, loader)) {
      note_shadowed(name, folder);
      return;
    }
  }
  for (const std::string& path : cache().find(name)) {
    if (add(lookup_.real_path(path), name, loader)) {
      return;
    }
  }
  for (const char* const folder : {"/lib", "/usr/lib", "/lib64", "/usr/lib64"}) {
    if (add(lookup_.real_path(join(folder, name)), name, loader)) {
      return;
    }
  }
  // Ollama, for one, starts its engine with LD_LIBRARY_PATH set to the plugin's own folder. For a
  // launch nothing is taken that is not certain.
  const std::string beside = join(parent(objects_[static_cast<std::size_t>(loader)].path), name);
  if (lookup_.details() == nullptr || !add(lookup_.real_path(beside), name, loader)) {
    missing_.emplace(name, loader);
  }
}

/// What LD_LIBRARY_PATH led to, where the library that asks has a folder with another one.
void Closure::note_shadowed(const std::string& name, const std::string& folder) {
  if (lookup_.details() == nullptr || objects_.back().wanted != name ||
      objects_.back().loader < 0) {
    return;
  }
  Object& found = objects_.back();
  const Object& asking = objects_[static_cast<std::size_t>(found.loader)];
  const auto given = expanded(lookup_.variable("LD_LIBRARY_PATH"), objects_.front());
  if (std::find(given.begin(), given.end(), folder) == given.end()) {
    return;
  }
  for (const std::string& own : expanded(asking.dynamic.runpath, asking)) {
    const std::string path = lookup_.real_path(join(own, name));
    if (!path.empty() && path != found.path) {
      found.shadows = path;
      return;
    }
  }
}

std::vector<LoadedLibrary> Closure::rocm_libraries(const std::string& process) const {
  std::vector<LoadedLibrary> libraries;
  const auto path_of = [&](std::ptrdiff_t index) {
    return index < 0 ? std::string() : objects_[static_cast<std::size_t>(index)].path;
  };
  for (const Object& object : objects_) {
    if (is_rocm_library(object.wanted) || is_rocm_library(file_name(object.path))) {
      libraries.push_back(
          {process, object.wanted, object.path, path_of(object.loader), object.shadows});
    }
  }
  for (const auto& [name, loader] : missing_) {
    if (is_rocm_library(name)) {
      libraries.push_back({process, name, {}, path_of(loader), {}});
    }
  }
  return libraries;
}

std::vector<std::string> Closure::expanded(const std::string& list, const Object& of) const {
  std::vector<std::string> folders;
  for (std::string folder : split_path(list)) {
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
      folder = replaced(std::move(folder), origin, parent(of.path));
    }
    for (const std::string_view lib : {"$LIB", "${LIB}"}) {
      folder = replaced(std::move(folder), lib, "lib/x86_64-linux-gnu");
    }
    folders.push_back(lookup_.absolute(folder));
  }
  return folders;
}

std::vector<std::string> Closure::folders_before_cache(std::ptrdiff_t loader) const {
  std::vector<std::string> folders;
  const auto append = [&](const std::vector<std::string>& more) {
    folders.insert(folders.end(), more.begin(), more.end());
  };
  const Object& asking = objects_[static_cast<std::size_t>(loader)];
  if (asking.dynamic.runpath.empty()) {
    for (std::ptrdiff_t at = loader; at >= 0; at = objects_[static_cast<std::size_t>(at)].loader) {
      const Object& object = objects_[static_cast<std::size_t>(at)];
      if (object.dynamic.runpath.empty()) {
        append(expanded(object.dynamic.rpath, object));
      }
    }
  }
  append(expanded(lookup_.variable("LD_LIBRARY_PATH"), objects_.front()));
  append(expanded(asking.dynamic.runpath, asking));
  return folders;
}

const LoaderCache& Closure::cache() {
  if (!cache_) {
    cache_.emplace(lookup_.head("/etc/ld.so.cache", most_cache_bytes).value_or(""));
  }
  return *cache_;
}

void note_rocm(const Closure& closure, const std::string& process, Lookup& lookup) {
  ProgramFacts* const details = lookup.details();
  if (details == nullptr) {
    return;
  }
  for (LoadedLibrary& library : closure.rocm_libraries(process)) {
    if (library.name.starts_with("libMIOpen.so") && !library.path.empty()) {
      details->miopen.push_back(read_miopen(lookup, library.path));
    }
    details->rocm.push_back(std::move(library));
  }
}

}  // namespace rocmfix::detail
