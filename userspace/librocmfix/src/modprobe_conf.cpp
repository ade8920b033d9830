// SPDX-License-Identifier: MIT
#include "rocmfix/modprobe_conf.hpp"

#include <fmt/format.h>
#include <libkmod.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>

#include "file_descriptor.hpp"
#include "modprobe_files.hpp"
#include "modprobe_text.hpp"

namespace rocmfix {
namespace {

constexpr std::string_view module_name = "amdgpu";
constexpr std::string_view command_line = "/proc/cmdline";

struct RawOption {
  std::string module;
  std::string text;
};

// The `options` entries of a libkmod context made from one configuration file. libkmod appends
// the running kernel's own command line (module.name=value) to every context, also to an empty
// one: `config` == nullptr gives just those.
std::optional<std::vector<RawOption>> kmod_options(const char* config) {
  const std::array<const char*, 2> paths = {config, nullptr};
  const std::unique_ptr<kmod_ctx, decltype(&kmod_unref)> context(kmod_new("/", paths.data()),
                                                                 kmod_unref);
  if (!context) {
    return std::nullopt;
  }
  const std::unique_ptr<kmod_config_iter, decltype(&kmod_config_iter_free_iter)> iter(
      kmod_config_get_options(context.get()), kmod_config_iter_free_iter);
  std::vector<RawOption> options;
  while (iter && kmod_config_iter_next(iter.get())) {
    options.push_back(
        {kmod_config_iter_get_key(iter.get()), kmod_config_iter_get_value(iter.get())});
  }
  return options;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  return true;
}

// Gives libkmod just the `options` lines, in one file in memory: then what it hands back is in
// the same order, one for one. It is not let loose on the directories themselves, because it
// follows links out of a captured root, blocks on a FIFO and prints every junk line to stderr.
std::optional<std::vector<RawOption>> merge(const std::vector<detail::ModprobeLine>& lines) {
  std::string text;
  for (const auto& line : lines) {
    std::string rest;
    for (const char c : line.rest) {
      // join_line() took the escapes away and libkmod will do so again.
      rest += c == '\\' || c == '\n' ? "\\" : "";
      rest += c;
    }
    text += "options " + line.module + " " + rest + "\n";
  }
  const FileDescriptor fd(::memfd_create("modprobe.conf", MFD_CLOEXEC));
  if (!fd || !write_all(fd.get(), text)) {
    return std::nullopt;
  }
  return kmod_options(fmt::format("/proc/self/fd/{}", fd.get()).c_str());
}

void append(std::vector<ModuleOption>& options, std::string_view text, const std::string& file,
            unsigned line) {
  for (auto& [name, value] : detail::split_parameters(text)) {
    options.push_back({name, value, file, line});
  }
}

// A captured machine's own command line, in the place of this machine's.
void append_captured_command_line(const Root& root, std::vector<ModuleOption>& options) {
  const auto text = root.read(command_line, 1U << 16U);
  if (!text) {
    return;
  }
  for (auto& [name, value] : detail::split_parameters(*text)) {
    const std::size_t dot = name.find('.');
    if (dot != std::string::npos && std::string_view(name).substr(0, dot) == module_name &&
        dot + 1 < name.size()) {
      options.push_back({name.substr(dot + 1), value, std::string(command_line), 0});
    }
  }
}

std::string basename_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

namespace {

Result<std::vector<ModuleOption>> read_options(
    const Root& root, const std::optional<detail::Replacement>& in_place_of) {
  auto files = detail::read_modprobe_files(root, in_place_of);
  if (!files) {
    return fail(files.error());
  }
  auto& lines = files->lines;
  std::erase_if(lines,
                [](const auto& line) { return line.command != "options" || line.rest.empty(); });
  const auto merged = merge(lines);
  if (!merged || merged->size() < lines.size()) {
    return fail({ErrorCode::failed, "libkmod cannot read modprobe's configuration", 0, ""});
  }
  std::vector<ModuleOption> options;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if ((*merged)[i].module == module_name) {
      append(options, (*merged)[i].text, lines[i].file, lines[i].line);
    }
  }
  if (!root.is_system()) {
    append_captured_command_line(root, options);
    return options;
  }
  for (std::size_t i = lines.size(); i < merged->size(); ++i) {
    if ((*merged)[i].module == module_name) {
      append(options, (*merged)[i].text, std::string(command_line), 0);
    }
  }
  return options;
}

}  // namespace

Result<std::vector<ModuleOption>> read_module_options(const Root& root) {
  return read_options(root, std::nullopt);
}

Result<std::vector<ModuleOption>> read_options_without_rocmfix(const Root& root) {
  const auto current = root.read(modprobe_conf_path);
  if (!current || detail::origin_of(*current) == detail::ConfOrigin::foreign) {
    return read_options(root, std::nullopt);
  }
  const auto original = root.read(detail::original_conf_path);
  return read_options(root, detail::Replacement{std::string(modprobe_conf_path),
                                                original ? *original : std::string()});
}

std::map<std::string, std::string, std::less<>> effective_options(
    const std::vector<ModuleOption>& options) {
  std::map<std::string, std::string, std::less<>> effective;
  for (const auto& option : options) {
    effective[option.name] = option.value;
  }
  return effective;
}

std::vector<Conflict> find_conflicts(const std::vector<ModuleOption>& options, const Plan& plan) {
  // rocmfix.conf may not be there yet, so its place among the files is told by its name.
  const std::string ours = basename_of(std::string(modprobe_conf_path));
  std::vector<Conflict> conflicts;
  for (const auto& row : plan.settings) {
    if (row.layer != Layer::module || !row.proposed) {
      continue;
    }
    const std::size_t first = conflicts.size();
    bool overruled = false;  // the last word after rocmfix.conf is another value
    for (const auto& option : options) {
      if (option.name != row.name || basename_of(option.file) == ours) {
        continue;
      }
      const bool after = option.file == command_line || basename_of(option.file) > ours;
      const bool differs = !same_value(option.value, *row.proposed);
      overruled = after ? differs : overruled;
      if (differs) {
        conflicts.push_back({option, after});
      }
    }
    for (std::size_t i = first; i < conflicts.size(); ++i) {
      conflicts[i].wins = conflicts[i].wins && overruled;
    }
  }
  return conflicts;
}

std::string describe(const Conflict& conflict) {
  const auto& option = conflict.option;
  if (option.line == 0) {
    return fmt::format("amdgpu.{}={} on the kernel command line {}", option.name, option.value,
                       conflict.wins ? "wins over rocmfix.conf" : "is overruled");
  }
  return fmt::format("{}={} in {}:{} {}", option.name, option.value, option.file, option.line,
                     conflict.wins ? "is read after rocmfix.conf and wins over it"
                                   : "is overruled by rocmfix.conf");
}

std::string remedy(const Conflict& conflict) {
  const auto& option = conflict.option;
  if (option.line == 0) {
    return fmt::format(
        "take amdgpu.{}={} off GRUB_CMDLINE_LINUX in /etc/default/grub, run `sudo update-grub`, "
        "and reboot",
        option.name, option.value);
  }
  return fmt::format("take {}={} out of line {}: sudoedit {}", option.name, option.value,
                     option.line, option.file);
}

namespace {

// Everything that would end the comment, or continue it onto an `options` line.
std::string plain_text(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    plain += control ? ' ' : c == '\\' ? '/' : c;
  }
  return plain;
}

void append_comment(std::string& out, std::string_view text) {
  constexpr std::size_t width = 96;
  std::string line = "#";
  std::size_t at = 0;
  const std::string plain = plain_text(text);
  while ((at = plain.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(plain.find(' ', at), plain.size());
    if (line.size() > 1 && line.size() + 1 + end - at > width) {
      out += line + "\n";
      line = "#";
    }
    line += " " + plain.substr(at, end - at);
    at = end;
  }
  out += line + "\n";
}

// FNV-1a, 64 bits, of what stands before and after the sum's own line: tells an edited file from
// an untouched one; guards against nothing else.
std::string sum_of(std::string_view head, std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::string_view part : {head, body}) {
    for (const char c : part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  return fmt::format("{:016x}", hash);
}

constexpr std::string_view signature = "# Written by rocmfix";
constexpr std::string_view sum_prefix = "# rocmfix-sum: ";

}  // namespace

std::string render_modprobe_conf(const Plan& plan) {
  std::string body = "#\n# `rocmfix plan` shows these settings beside what is in force now.\n";
  for (const auto& row : plan.settings) {
    if (row.layer != Layer::module || !row.proposed ||
        !detail::is_plain_option(row.name, *row.proposed)) {
      continue;
    }
    body += "\n";
    if (!row.reason.empty()) {
      append_comment(body, fmt::format("{}: {}", to_string(row.effect), row.reason));
    }
    if (!row.source.empty()) {
      append_comment(body, "Source: " + row.source);
    }
    body += fmt::format("options {} {}={}\n", module_name, row.name, *row.proposed);
  }
  const std::string head = fmt::format(
      "{} (profile {}): options for the kernel module {}.\n"
      "# To undo: sudo rocmfix revert\n"
      "# Do not edit: the next `rocmfix apply` writes it anew (and keeps an edited copy in\n"
      "# /var/lib/rocmfix/). For settings of your own use another file in this directory.\n",
      signature, to_string(plan.profile), module_name);
  return fmt::format("{}{}{}\n{}", head, sum_prefix, sum_of(head, body), body);
}

namespace detail {

bool is_plain_option(std::string_view name, std::string_view value) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_word) && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
         });
}

ConfOrigin origin_of(std::string_view text) {
  if (!text.starts_with(signature)) {
    return ConfOrigin::foreign;
  }
  const std::size_t at = text.find(sum_prefix);
  const std::size_t end = at == std::string_view::npos ? at : text.find('\n', at);
  if (end == std::string_view::npos) {
    return ConfOrigin::edited;
  }
  const std::string_view sum = text.substr(at + sum_prefix.size(), end - at - sum_prefix.size());
  return sum == sum_of(text.substr(0, at), text.substr(end + 1)) ? ConfOrigin::ours
                                                                 : ConfOrigin::edited;
}

}  // namespace detail
}  // namespace rocmfix
