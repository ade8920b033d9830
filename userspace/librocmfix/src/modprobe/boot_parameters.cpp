// SPDX-License-Identifier: MIT
#include "modprobe/boot_parameters.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "modprobe/modprobe_files.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t largest_file = 1U << 20U;
constexpr std::size_t most_files = 64;
constexpr std::size_t most_places = 3;

/// What has to be run when the file was changed.
enum class After { nothing, grub, kernel_install, mkinitcpio, u_boot, sdboot_manage, limine };

/// A file, or with an ending those of a folder, that keeps a command line.
struct BootFile {
  std::string_view path;
  std::string_view ending;
  std::string_view key;  ///< how such a line begins; empty: every line is one
  After after = After::nothing;
};

// In the order in which they are looked at; what is generated comes after what it is made from.
constexpr std::array<BootFile, 17> boot_files = {{
    {"/etc/default/grub", "", "GRUB_CMDLINE_LINUX", After::grub},
    {"/etc/default/grub.d", ".cfg", "GRUB_CMDLINE_LINUX", After::grub},
    {"/etc/kernel/cmdline", "", "", After::kernel_install},
    {"/usr/lib/kernel/cmdline", "", "", After::kernel_install},
    {"/etc/cmdline.d", ".conf", "", After::mkinitcpio},
    {"/etc/sdboot-manage.conf", "", "LINUX_OPTIONS", After::sdboot_manage},
    {"/etc/default/limine", "", "KERNEL_CMDLINE", After::limine},
    {"/etc/default/u-boot", "", "U_BOOT_PARAMETERS", After::u_boot},
    {"/boot/loader/entries", ".conf", "options", After::nothing},
    {"/efi/loader/entries", ".conf", "options", After::nothing},
    {"/boot/efi/loader/entries", ".conf", "options", After::nothing},
    {"/boot/extlinux/extlinux.conf", "", "append", After::nothing},
    {"/boot/refind_linux.conf", "", "\"", After::nothing},
    {"/boot/limine.conf", "", "cmdline:", After::nothing},
    {"/boot/limine.cfg", "", "CMDLINE=", After::nothing},
    {"/boot/cmdline.txt", "", "", After::nothing},
    {"/boot/firmware/cmdline.txt", "", "", After::nothing},
}};

struct Place {
  std::string file;
  unsigned line = 0;
  std::string variable;  ///< "GRUB_CMDLINE_LINUX_DEFAULT"; empty: the file as a whole
  After after = After::nothing;
};

std::string grub_command(const Root& root) {
  if (root.exists("/usr/sbin/update-grub")) {
    return "sudo update-grub";
  }
  for (const std::string_view program : {"/usr/sbin/grub2-mkconfig", "/usr/bin/grub2-mkconfig"}) {
    if (root.exists(program)) {
      return "sudo grub2-mkconfig -o /boot/grub2/grub.cfg";
    }
  }
  return root.exists("/usr/bin/grub-mkconfig") ? "sudo grub-mkconfig -o /boot/grub/grub.cfg"
                                               : "sudo update-grub";
}

std::string kernel_install_command(const Root& root) {
  if (root.exists("/usr/sbin/proxmox-boot-tool")) {
    return "sudo proxmox-boot-tool refresh";
  }
  if (root.exists("/usr/bin/mkinitcpio")) {
    return "sudo mkinitcpio -P";
  }
  const auto kernels = root.list("/usr/lib/modules");
  const bool with_modules = std::any_of(kernels.begin(), kernels.end(), [&](const auto& kernel) {
    return root.exists(formatted("/usr/lib/modules/{}/vmlinuz", kernel));
  });
  return formatted(
      "sudo kernel-install add $(uname -r) {}",
      with_modules ? "/usr/lib/modules/$(uname -r)/vmlinuz" : "/boot/vmlinuz-$(uname -r)");
}

std::string command_after(const Root& root, After after) {
  switch (after) {
    case After::grub:
      return grub_command(root);
    case After::kernel_install:
      return kernel_install_command(root);
    case After::mkinitcpio:
      return "sudo mkinitcpio -P";
    case After::u_boot:
      return "sudo u-boot-update";
    case After::sdboot_manage:
      return "sudo sdboot-manage gen";
    case After::limine:
      return "sudo limine-update";
    case After::nothing:
      break;
  }
  return {};
}

std::string without_quotes(std::string_view text) {
  std::string plain(text);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == '"' || c == '\''; }, ' ');
  return plain;
}

/// Looks for one word in the files, and remembers what it has seen.
class Search {
 public:
  Search(const Root& root, std::string_view word) : root_(root) {
    const auto words = parameter_words(word);
    wanted_ = words.empty() ? ParameterWord() : words.front();
  }

  std::vector<Place> run() {
    for (const BootFile& file : boot_files) {
      if (file.ending.empty()) {
        look_into(std::string(file.path), file);
        continue;
      }
      for (const std::string& name : root_.list(file.path)) {
        if (name.ends_with(file.ending)) {
          look_into(formatted("{}/{}", file.path, name), file);
        }
      }
    }
    // Entries are made from the file that kernel-install reads.
    if (std::any_of(places_.begin(), places_.end(),
                    [](const Place& one) { return one.after != After::nothing; })) {
      std::erase_if(places_, [](const Place& one) { return one.after == After::nothing; });
    }
    return std::move(places_);
  }
  /// The file that was seen to exist first; empty: none does.
  [[nodiscard]] const std::string& seen() const { return seen_; }

  /// GRUB's generated file still has the word, which no file that it is made from has.
  [[nodiscard]] bool is_stale_grub() const {
    return std::any_of(grub_results.begin(), grub_results.end(), [&](std::string_view path) {
      const auto text = root_.read_regular(path, largest_file);
      return text && *text && has_word(without_quotes(**text));
    });
  }

 private:
  static constexpr std::array<std::string_view, 2> grub_results = {"/boot/grub/grub.cfg",
                                                                   "/boot/grub2/grub.cfg"};

  [[nodiscard]] bool has_word(std::string_view text) const {
    const auto words = parameter_words(text);
    return std::any_of(words.begin(), words.end(), [&](const ParameterWord& word) {
      return word.name == wanted_.name && word.value == wanted_.value;
    });
  }

  void look_into(const std::string& path, const BootFile& file) {
    if (++files_ > most_files) {
      return;
    }
    const auto text = root_.read_regular(path, largest_file);
    if (!text || !*text) {
      return;
    }
    seen_ = seen_.empty() ? path : seen_;
    unsigned number = 0;
    std::string_view rest = **text;
    std::string begun;  // the variable of a line that ends in a backslash
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      ++number;
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      const std::string variable = file.key.empty() ? std::string()
                                   : begun.empty()  ? variable_of(line, file)
                                                    : begun;
      begun = line.ends_with('\\') ? variable : "";
      if (variable.empty() && !file.key.empty()) {
        continue;
      }
      const std::size_t after = line.starts_with(file.key) ? line.find_first_of("= \t:") : 0;
      const std::string_view value =
          file.key.empty() || after == std::string_view::npos ? line : line.substr(after);
      if (!line.starts_with('#') && has_word(words_in(value))) {
        places_.push_back({path, number, file.key == "\"" ? "" : variable, file.after});
      }
    }
  }

  /// "GRUB_CMDLINE_LINUX_DEFAULT", "options"; empty: the line is another one.
  static std::string variable_of(std::string_view line, const BootFile& file) {
    if (!line.starts_with(file.key)) {
      return {};
    }
    const std::string_view name = line.substr(0, line.find_first_of("+= \t:[\""));
    return file.key == "\"" ? "\"" : std::string(name);
  }

  /// Without what joins a value to its variable, and without quotes.
  static std::string words_in(std::string_view value) {
    value.remove_prefix(std::min(value.find_first_not_of("+=: \t"), value.size()));
    std::string plain = without_quotes(value);
    std::replace(plain.begin(), plain.end(), '\\', ' ');
    return plain;
  }

  const Root& root_;
  ParameterWord wanted_;
  std::vector<Place> places_;
  std::string seen_;
  std::size_t files_ = 0;
};

std::string place_text(const Place& place) {
  const std::string where = formatted("{}:{}", place.file, place.line);
  return place.variable.empty() ? where : formatted("{} in {}", place.variable, where);
}

/// Of a tool that edits the command line itself; nullopt: there is none here.
std::optional<std::string> tool_command(const Root& root, std::string_view word) {
  if (word.find('\'') != std::string_view::npos) {
    return std::nullopt;
  }
  if (root.exists("/run/ostree-booted") || root.exists("/ostree/repo")) {
    return formatted("sudo rpm-ostree kargs --delete='{}'", word);
  }
  if (root.exists("/usr/sbin/grubby") && root.exists("/boot/loader/entries")) {
    return formatted("sudo grubby --update-kernel=ALL --remove-args='{}'", word);
  }
  if (root.exists("/etc/kernelstub/configuration")) {
    return formatted("sudo kernelstub --delete-options '{}'", word);
  }
  return std::nullopt;
}

BootRemedy at_places(const Root& root, const std::vector<Place>& places, const std::string& what) {
  std::string where;
  for (std::size_t i = 0; i < std::min(places.size(), most_places); ++i) {
    where += (where.empty() ? "" : " and from ") + place_text(places[i]);
  }
  if (places.size() > most_places) {
    where += formatted(" and from {} more", places.size() - most_places);
  }
  std::vector<std::string> commands;
  for (const Place& place : places) {
    std::string command = command_after(root, place.after);
    if (!command.empty() &&
        std::find(commands.begin(), commands.end(), command) == commands.end()) {
      commands.push_back(std::move(command));
    }
  }
  std::string runs;
  for (const std::string& command : commands) {
    runs += formatted(", run `{}`", command);
  }
  return {formatted("remove {} from {}{}{} reboot", what, where, runs,
                    commands.empty() ? " and" : ", and"),
          edit_command(places.front().file)};
}

}  // namespace

BootRemedy remove_boot_parameter(const Root& root, std::string_view word, std::string_view part) {
  const std::string what = part.empty() ? std::string(word) : formatted("{} from {}", part, word);
  Search search(root, word);
  const std::vector<Place> places = search.run();
  const auto tool = part.empty() ? tool_command(root, word) : std::nullopt;
  if (tool) {
    const bool in_grub = !places.empty() && places.front().after == After::grub;
    return {formatted("{}run `{}`, and reboot",
                      in_grub ? formatted("remove {} from {}, ", what, place_text(places.front()))
                              : std::string(),
                      *tool),
            *tool};
  }
  if (!places.empty()) {
    return at_places(root, places, what);
  }
  if (search.is_stale_grub()) {
    const std::string command = grub_command(root);
    return {formatted("run `{}`, and reboot: {} is no longer in the files that GRUB's "
                      "configuration is made from",
                      command, word),
            command};
  }
  if (!search.seen().empty()) {
    return {formatted("reboot if you have removed {} or typed it at the boot menu: no boot loader "
                      "file that rocmfix reads has it; otherwise remove it where your boot loader "
                      "keeps the command line, and reboot",
                      what),
            "sudo reboot"};
  }
  return {formatted("remove {} from the kernel command line, with GRUB from GRUB_CMDLINE_LINUX or "
                    "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, run `{}`, and reboot",
                    what, grub_command(root)),
          "sudoedit /etc/default/grub"};
}

}  // namespace rocmfix::detail
