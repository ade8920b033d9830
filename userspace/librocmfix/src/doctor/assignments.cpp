// SPDX-License-Identifier: MIT
// Which files set variables for good.
#include "doctor/assignments.hpp"

#include <algorithm>
#include <array>

#include "base/root_recorder.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::size_t largest_file = 256U << 10U;
constexpr std::size_t most_files = 512;
constexpr std::size_t most_bytes = 4U << 20U;  // of all files
constexpr std::size_t most_of_folder = 128;
constexpr std::size_t most_found = 64;
constexpr std::size_t most_homes = 8;

struct File {
  std::string_view path;
  AssignedIn kind;
};
constexpr std::array system_files = {
    File{"/etc/environment", AssignedIn::environment_file},
    File{"/etc/profile", AssignedIn::shell},
    File{"/etc/bash.bashrc", AssignedIn::shell},
    File{"/etc/bashrc", AssignedIn::shell},
    File{"/etc/zsh/zshenv", AssignedIn::shell},
    File{"/etc/zsh/zprofile", AssignedIn::shell},
    File{"/etc/zsh/zshrc", AssignedIn::shell},
    File{"/etc/zshenv", AssignedIn::shell},
    File{"/etc/fish/config.fish", AssignedIn::fish},
};
constexpr std::array home_files = {
    File{".profile", AssignedIn::shell},
    File{".bash_profile", AssignedIn::shell},
    File{".bash_login", AssignedIn::shell},
    File{".bashrc", AssignedIn::shell},
    File{".bash_aliases", AssignedIn::shell},
    File{".zshenv", AssignedIn::shell},
    File{".zprofile", AssignedIn::shell},
    File{".zshrc", AssignedIn::shell},
    File{".xprofile", AssignedIn::shell},
    File{".xsessionrc", AssignedIn::shell},
    File{".pam_environment", AssignedIn::environment_file},
    File{".config/fish/config.fish", AssignedIn::fish},
    File{".config/fish/fish_variables", AssignedIn::fish_universal},
};

struct Folder {
  std::string_view path;
  std::string_view ending;
  AssignedIn kind;
};
constexpr std::array system_folders = {
    Folder{"/etc/environment.d", ".conf", AssignedIn::environment_file},
    Folder{"/etc/profile.d", ".sh", AssignedIn::shell},
    Folder{"/etc/fish/conf.d", ".fish", AssignedIn::fish},
};
constexpr std::array home_folders = {
    Folder{".config/environment.d", ".conf", AssignedIn::environment_file},
    Folder{".config/plasma-workspace/env", ".sh", AssignedIn::shell},
    Folder{".config/fish/conf.d", ".fish", AssignedIn::fish},
};

class Finder {
 public:
  explicit Finder(const Subject& subject) : subject_(subject), root_(subject.root) {}

  Assignments run() {
    for (const File& file : system_files) {
      read(std::string(file.path), file.kind);
    }
    for (const Folder& folder : system_folders) {
      read_folder(std::string(folder.path), folder);
    }
    // What a package installs in /usr/lib is the package's business.
    read_units("/etc/systemd/system", AssignedIn::unit);
    for (const std::string& home : homes()) {
      for (const File& file : home_files) {
        read(formatted("{}/{}", home, file.path), file.kind);
      }
      for (const Folder& folder : home_folders) {
        read_folder(formatted("{}/{}", home, folder.path), folder);
      }
      read_units(home + "/.config/systemd/user", AssignedIn::user_unit);
    }
    return std::move(result_);
  }

 private:
  /// The user's own. Whose a captured root is, it does not say.
  [[nodiscard]] std::vector<std::string> homes() const {
    const auto own = subject_.circumstances.environment.find("HOME");
    if (own != subject_.circumstances.environment.end() && own->second.starts_with('/')) {
      return {own->second == "/" ? std::string() : own->second};
    }
    std::vector<std::string> found;
    if (!root_.is_system()) {
      for (const std::string& name : root_.list("/home")) {
        if (found.size() < most_homes) {
          found.push_back("/home/" + name);
        }
      }
    }
    return found;
  }

  [[nodiscard]] bool is_known(std::string_view name) const {
    const auto settings = subject_.policy.settings();
    return std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
      const bool node = setting.per_node && name.size() > setting.name.size() + 1 &&
                        name.starts_with(setting.name) && name[setting.name.size()] == '_' &&
                        parse_number(name.substr(setting.name.size() + 1));
      return setting.layer == Layer::environment && (name == setting.name || node);
    });
  }

  void read(const std::string& path, AssignedIn kind, const std::string& unit = {}) {
    if (++files_ > most_files || bytes_ > most_bytes || result_.found.size() >= most_found) {
      return;
    }
    const auto text = root_.read_regular(path, largest_file);
    if (root_.recorder() != nullptr) {
      root_.recorder()->read_for(path, ReadFor::assignments);
    }
    if (!text) {
      result_.unread.push_back(to_string(text.error()));
      return;
    }
    if (!*text) {
      return;
    }
    bytes_ += (*text)->size();
    for (Assignment& one : parse_assignments(**text, kind)) {
      if (one.name.empty()) {
        read(one.value, AssignedIn::environment_file, unit);
      } else if (std::vector<Assignment>& kind_of =
                     one.exported ? result_.found : result_.unexported;
                 is_known(one.name) && kind_of.size() < most_found) {
        one.file = path;
        one.unit = unit;
        kind_of.push_back(std::move(one));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> names_in(const std::string& folder,
                                                  std::string_view ending) const {
    std::vector<std::string> names = root_.list(folder);
    std::erase_if(names, [&](const std::string& name) { return !name.ends_with(ending); });
    names.resize(std::min(names.size(), most_of_folder));
    return names;
  }

  void read_folder(const std::string& path, const Folder& folder) {
    for (const std::string& name : names_in(path, folder.ending)) {
      read(formatted("{}/{}", path, name), folder.kind);
    }
  }

  void read_units(const std::string& path, AssignedIn kind) {
    constexpr std::string_view drop_ins = ".d";
    for (const std::string& name : names_in(path, ".service")) {
      read(formatted("{}/{}", path, name), kind, name);
    }
    for (const std::string& name : names_in(path, ".service.d")) {
      const std::string unit = name.substr(0, name.size() - drop_ins.size());
      for (const std::string& file : names_in(formatted("{}/{}", path, name), ".conf")) {
        read(formatted("{}/{}/{}", path, name, file), kind, unit);
      }
    }
  }

  const Subject& subject_;
  const Root& root_;
  Assignments result_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Assignments find_assignments(const Subject& subject) {
  return Finder(subject).run();
}

}  // namespace rocmfix::detail
