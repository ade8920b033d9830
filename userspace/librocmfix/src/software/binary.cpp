// SPDX-License-Identifier: MIT
// ld.so(8)'s search, without ldd(1), which may run the program.
#include "software/binary.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "software/elf_dynamic.hpp"
#include "software/loader_cache.hpp"

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

struct Object {
  std::string path;    // links resolved
  std::string wanted;  // the name it was asked for by
  ElfDynamic dynamic;
  std::ptrdiff_t loader = -1;  // index of the object that asked for it
};

bool is_plain(const std::string& name) {
  return std::any_of(
      software_rules.libraries.begin(), software_rules.libraries.end(),
      [&](const LibraryRule& rule) { return rule.plain && matches(name, rule.names); });
}

class Closure {
 public:
  explicit Closure(Lookup& lookup) : lookup_(lookup) {}

  /// Breadth first, as the loader does it. False: the program itself cannot be read.
  bool load(const std::string& program) {
    if (!add(lookup_.real_path(program), file_name(program), -1)) {
      return false;
    }
    for (std::size_t i = 0; i < objects_.size() && objects_.size() < most_objects; ++i) {
      const auto needed = objects_[i].dynamic.needed;  // objects_ grows
      for (const std::string& name : needed) {
        find(name, static_cast<std::ptrdiff_t>(i));
      }
    }
    return true;
  }

  /// A file that is opened when the program runs, with what it needs.
  void open(const std::string& file) {
    const std::size_t before = objects_.size();
    if (!add(lookup_.real_path(file), file_name(file), 0)) {
      return;
    }
    for (std::size_t i = before; i < objects_.size() && objects_.size() < most_objects; ++i) {
      const auto needed = objects_[i].dynamic.needed;
      for (const std::string& name : needed) {
        find(name, static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  [[nodiscard]] const std::vector<Object>& objects() const { return objects_; }

 private:
  bool add(const std::string& path, const std::string& wanted, std::ptrdiff_t loader) {
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
    objects_.push_back({path, wanted, std::move(*dynamic), loader});
    return true;
  }

  void find(const std::string& name, std::ptrdiff_t loader) {
    if (!names_.insert(name).second || is_plain(name)) {
      return;  // by its soname, whoever asks
    }
    if (name.find('/') != std::string::npos) {
      add(lookup_.real_path(Lookup::absolute(name)), file_name(name), loader);
      return;
    }
    for (const std::string& folder : folders_before_cache(loader)) {
      if (add(lookup_.real_path(join(folder, name)), name, loader)) {
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
  }

  [[nodiscard]] std::vector<std::string> expanded(const std::string& list, const Object& of) const {
    std::vector<std::string> folders;
    for (std::string folder : split_path(list)) {
      for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
        folder = replaced(std::move(folder), origin, parent(of.path));
      }
      for (const std::string_view lib : {"$LIB", "${LIB}"}) {
        folder = replaced(std::move(folder), lib, "lib/x86_64-linux-gnu");
      }
      folders.push_back(Lookup::absolute(folder));
    }
    return folders;
  }

  [[nodiscard]] std::vector<std::string> folders_before_cache(std::ptrdiff_t loader) const {
    std::vector<std::string> folders;
    const auto append = [&](const std::vector<std::string>& more) {
      folders.insert(folders.end(), more.begin(), more.end());
    };
    const Object& asking = objects_[static_cast<std::size_t>(loader)];
    if (asking.dynamic.runpath.empty()) {
      for (std::ptrdiff_t at = loader; at >= 0;
           at = objects_[static_cast<std::size_t>(at)].loader) {
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

  const LoaderCache& cache() {
    if (!cache_) {
      cache_.emplace(lookup_.head("/etc/ld.so.cache", most_cache_bytes).value_or(""));
    }
    return *cache_;
  }

  Lookup& lookup_;
  std::vector<Object> objects_;
  std::set<std::string> seen_;
  std::set<std::string> names_;
  std::optional<LoaderCache> cache_;
};

void open_plugins(Closure& closure, Lookup& lookup) {
  const std::size_t linked = closure.objects().size();
  for (const PluginRule& rule : software_rules.plugins) {
    for (std::size_t i = 0; i < linked; ++i) {
      const Object object = closure.objects()[i];
      if (!matches(object.wanted, rule.with) && !matches(file_name(object.path), rule.with)) {
        continue;
      }
      for (const std::string_view pattern : rule.files) {
        for (const std::string& file : lookup.glob(parent(object.path), pattern)) {
          closure.open(file);
        }
      }
    }
  }
}

bool is_rocms(const Object& object) {
  return std::any_of(software_rules.libraries.begin(), software_rules.libraries.end(),
                     [&](const LibraryRule& rule) {
                       return matches(object.wanted, rule.names) ||
                              matches(file_name(object.path), rule.names);
                     });
}

}  // namespace

Software examine_binary(const Program& program, Lookup& lookup) {
  Software software;
  Closure closure(lookup);
  if (!closure.load(program.file)) {
    software.state = SoftwareState::unknown;
    software.why = program.file + " is not a readable 64-bit program";
    return software;
  }
  open_plugins(closure, lookup);
  bool decided = false;
  bool has_hip = false;
  for (const Object& object : closure.objects()) {
    const bool own = !is_rocms(object);
    Lookup::Code code = lookup.code_of(object.path);
    has_hip = has_hip || object.wanted.starts_with("libamdhip64.so");
    if (!code.trouble.empty() && own) {
      software.state = SoftwareState::unknown;
      software.why = code.trouble;
      return software;
    }
    if (!code.targets.empty()) {
      decided = decided || own;
      software.libraries.push_back({object.path, std::move(code.targets), own});
    }
  }
  if (!decided && !software.libraries.empty()) {
    // It has no kernels of its own: those of the libraries that it is linked with are what it runs.
    for (CarriedCode& library : software.libraries) {
      library.decides = true;
    }
    decided = true;
  }
  software.state = decided ? SoftwareState::known : SoftwareState::none;
  if (!decided && has_hip) {
    software.state = SoftwareState::unknown;
    software.why = program.file + " is linked with HIP, and gets its GPU code from elsewhere";
  } else if (!decided) {
    software.why = "nothing that " + program.file +
                   " is linked with, and no plugin that rocmfix knows of, has GPU code";
  }
  return software;
}

}  // namespace rocmfix::detail
