// SPDX-License-Identifier: MIT
#include "software/packages.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "software/closure.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t longest_version_file = 64U << 10U;

Software without(SoftwareState state, std::string why) {
  Software software;
  software.state = state;
  software.why = std::move(why);
  return software;
}

/// A string of torch/version.py: `hip: Optional[str] = '6.3.42131-fa1d09cbd'`. nullopt: there is no
/// such line; empty: None.
std::optional<std::string> value_in(std::string_view text, std::string_view wanted) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = line.find('=');
    const auto name = line.substr(0, line.find_first_of(" :="));
    if (name != wanted || equals == std::string_view::npos) {
      continue;
    }
    const auto open = line.find_first_of("'\"", equals);
    if (open == std::string_view::npos) {
      return std::string();
    }
    return std::string(line.substr(open + 1, line.find(line[open], open + 1) - open - 1));
  }
  return std::nullopt;
}

class Packages {
 public:
  Packages(const PythonPath& path, Lookup& lookup) : path_(path), lookup_(lookup) {}

  Software examine() {
    for (const PackageRule& rule : software_rules.packages) {
      const std::string folder = find(rule);
      if (folder.empty()) {
        look_for_hooks(rule);
      } else {
        examine(rule, folder);
      }
      // Who wants details gets those of the other packages, too.
      if (!unknown_.empty() && lookup_.details() == nullptr) {
        break;
      }
    }
    finish_process();
    if (!unknown_.empty()) {
      return without(SoftwareState::unknown, unknown_);
    }
    const auto& libraries = software_.libraries;
    if (std::any_of(libraries.begin(), libraries.end(),
                    [](const CarriedCode& code) { return code.decides; })) {
      software_.state = SoftwareState::known;
      return std::move(software_);
    }
    if (!compiles_.empty()) {
      return without(SoftwareState::unknown, compiles_);
    }
    if (std::string why = hidden(); cpu_build_.empty() && !why.empty()) {
      return without(SoftwareState::unknown, std::move(why));
    }
    return without(SoftwareState::none,
                   cpu_build_.empty() ? "no Python package with GPU code that rocmfix knows of is "
                                        "installed for this interpreter"
                                      : cpu_build_);
  }

 private:
  /// The first folder of sys.path that has the package counts, as for import.
  std::string find(const PackageRule& rule) {
    for (const std::string& folder : path_.folders) {
      for (const std::string& found : lookup_.glob(folder, rule.folder)) {
        if (lookup_.is_folder(found)) {
          return found;
        }
      }
    }
    return {};
  }

  /// Why a package may be there that was not found.
  [[nodiscard]] std::string hidden() const {
    for (const std::string& folder : path_.folders) {
      if (std::string why = lookup_.hidden(folder); !why.empty()) {
        return why;
      }
    }
    return {};
  }

  void look_for_hooks(const PackageRule& rule) {
    for (const std::string& hook : path_.hooks) {
      const bool editable = hook.find("__editable__") != std::string::npos;
      if (editable && unknown_.empty() && hook.find(std::string(rule.name)) != std::string::npos) {
        unknown_ = std::string(rule.name) + " is installed in editable mode, by code in " + hook;
      }
    }
  }

  /// False: a build for another maker's GPUs, or for none.
  bool has_rocm(const PackageRule& rule, const std::string& folder) {
    if (rule.version.empty()) {
      return true;
    }
    const std::string file = join(folder, rule.version);
    const auto text = lookup_.head(file, longest_version_file);
    const auto hip = text ? value_in(*text, "hip") : std::nullopt;
    if (lookup_.details() != nullptr && rule.name == "torch") {
      lookup_.details()->torch =
          TorchFacts{folder, text ? value_in(*text, "__version__").value_or("") : "", hip,
                     text ? value_in(*text, "cuda").value_or("") : ""};
    }
    if (!hip && unknown_.empty()) {
      unknown_ = file + " does not say whether " + std::string(rule.name) + " was built for ROCm";
    }
    if (!hip) {
      return false;
    }
    if (hip->empty() && cpu_build_.empty()) {
      cpu_build_ = std::string(rule.name) + " in " + parent(folder) +
                   " is a build without ROCm (hip = None in its " + std::string(rule.version) + ")";
    }
    return !hip->empty();
  }

  void examine(const PackageRule& rule, const std::string& folder) {
    if (!rule.compiles.empty()) {
      compiles_ = rule.compiles;
      return;
    }
    if (!has_rocm(rule, folder)) {
      return;
    }
    const bool found = collect(rule, folder, rule.decides, true);
    collect(rule, folder, rule.others, false);
    load(rule, folder);
    if (!found && !rule.version.empty() && unknown_.empty()) {
      unknown_ = std::string(rule.name) + " was built for ROCm, and " +
                 join(folder, rule.decides.front()) + " is missing or has no GPU code";
    }
  }

  /// As the program would at import: an extension in the process of the framework before it. Of
  /// alternatives it is not known which one is loaded.
  void load(const PackageRule& rule, const std::string& folder) {
    if (lookup_.details() == nullptr || rule.alternatives) {
      return;
    }
    if (!rule.extension || !closure_) {
      finish_process();
      closure_.emplace(lookup_);
      process_ = rule.name;
      if (!closure_->load(lookup_.details()->interpreter)) {
        closure_.reset();
        return;
      }
      load_first();
    }
    for (const auto& patterns : {rule.decides, rule.others}) {
      for (const std::string_view pattern : patterns) {
        for (const std::string& file : lookup_.glob(folder, pattern)) {
          closure_->open(file);
        }
      }
    }
  }

  /// TheRock's packages load ROCm's libraries by their path before they need them: the preload
  /// list of torch/_rocm_init.py, by rocm_sdk.initialize_process().
  void load_first() {
    std::set<std::string> seen;  // "libamdhip64": the first name of several is loaded
    for (const std::string& folder : path_.folders) {
      for (const std::string& file : lookup_.glob(folder, "_rocm_sdk_*/lib/lib*.so*")) {
        const std::string name = file_name(file);
        if (is_rocm_library(name) && seen.insert(name.substr(0, name.find(".so"))).second) {
          closure_->open(file);
        }
      }
    }
  }

  void finish_process() {
    if (closure_) {
      note_rocm(*closure_, process_, lookup_);
      closure_.reset();
    }
  }

  /// False: none of the files is there and has GPU code.
  bool collect(const PackageRule& rule, const std::string& folder,
               std::span<const std::string_view> patterns, bool decides) {
    std::vector<CarriedCode> found;
    for (const std::string_view pattern : patterns) {
      for (const std::string& file : lookup_.glob(folder, pattern)) {
        Lookup::Code code = lookup_.code_of(file);
        if (!code.trouble.empty() && decides && unknown_.empty()) {
          unknown_ = code.trouble;
        }
        if (!code.targets.empty()) {
          found.push_back({file, std::move(code.targets), decides});
        }
      }
    }
    if (found.empty()) {
      return false;
    }
    if (rule.alternatives) {
      // One of them is loaded; which one is not known, so what any of them has counts.
      for (std::size_t i = 1; i < found.size(); ++i) {
        auto& all = found.front().targets;
        all.insert(all.end(), found[i].targets.begin(), found[i].targets.end());
      }
      auto& all = found.front().targets;
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
      found.resize(1);
    }
    software_.libraries.insert(software_.libraries.end(), found.begin(), found.end());
    return true;
  }

  const PythonPath& path_;
  Lookup& lookup_;
  Software software_;
  std::string unknown_;
  std::string compiles_;
  std::string cpu_build_;
  std::optional<Closure> closure_;  // of the process that is being put together
  std::string process_;
};

}  // namespace

Software examine_packages(const PythonPath& path, Lookup& lookup) {
  return Packages(path, lookup).examine();
}

}  // namespace rocmfix::detail
