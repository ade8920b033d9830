// SPDX-License-Identifier: MIT
#include "verify/verify_build.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "machine/install_advice.hpp"
#include "machine/package_names.hpp"
#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::detail {
namespace {

constexpr const char* build_id = "module.build";
constexpr std::size_t max_record = 4096;
constexpr std::size_t max_value = 512;  // a reason is one line of a compiler's

using Record = std::map<std::string, std::string, std::less<>>;

Error bad_record(const std::string& path, const char* what) {
  return {ErrorCode::invalid, formatted("{} {}", path, what), 0, {}};
}

// KEY=VALUE lines, of which the first of a key counts.
Record parse_record(std::string_view text) {
  Record record;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equal = line.find('=');
    if (equal != std::string_view::npos) {
      record.emplace(printable_line(line.substr(0, equal), max_value),
                     printable_line(line.substr(equal + 1), max_value));
    }
  }
  return record;
}

// Errors: io, errnum ENOENT where there is none; invalid.
Result<Record> read_record(const Root& root, const std::string& path) {
  // A link or a FIFO there is nothing that the package wrote.
  auto opened = root.open_file(path, O_NOFOLLOW | O_NONBLOCK);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  const FileDescriptor fd(*opened);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(bad_record(path, "is not a regular file"));
  }
  std::string text;
  if (!read_to_end(fd.get(), max_record, text)) {
    return fail(io_error("cannot read " + path, errno));
  }
  if (text.size() > max_record) {
    return fail(bad_record(path, "is larger than a record of a build"));
  }
  return parse_record(text);
}

std::string value_of(const Record& record, std::string_view key) {
  const auto found = record.find(key);
  return found == record.end() ? std::string() : found->second;
}

std::optional<std::int64_t> time_of(const Record& record, std::string_view key) {
  constexpr std::int64_t year_9999 = 253402300799;
  const std::string text = value_of(record, key);
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  const bool good = error == std::errc{} && end == text.data() + text.size();
  return good && time > 0 && time <= year_9999 ? std::optional(time) : std::nullopt;
}

// " since 2026-11-26 14:03", or nothing.
std::string shown_time(const char* preposition, std::optional<std::int64_t> time) {
  const std::time_t seconds = time.value_or(0);
  std::tm local{};
  if (!time || ::localtime_r(&seconds, &local) == nullptr) {
    return {};
  }
  return formatted(" {} {:%Y-%m-%d %H:%M}", preposition, local);
}

// When this machine was started: the line "btime SECONDS".
std::optional<std::int64_t> boot_time(const Root& root) {
  const auto text = root.read("/proc/stat", 1U << 20U);
  if (!text) {
    return std::nullopt;
  }
  constexpr std::string_view key = "\nbtime ";
  const std::size_t at = text->find(key);
  std::int64_t time = 0;
  if (at == std::string::npos ||
      std::from_chars(text->data() + at + key.size(), text->data() + text->size(), time).ec !=
          std::errc{}) {
    return std::nullopt;
  }
  return time;
}

// Whether the package's program runs; nullopt: unknown.
std::optional<bool> build_runs(const Root& root) {
  // Where processes are hidden from whoever looks, or the tree holds none.
  if (!root.read("/proc/1/cmdline", 1U << 20U)) {
    return std::nullopt;
  }
  for (const std::string& name : root.list("/proc")) {
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const auto command = root.read("/proc/" + name + "/cmdline", 1U << 20U);
    if (command && command->find("/each-kernel") != std::string::npos) {
      return true;
    }
  }
  return false;
}

// "rocmfix 0.2.0 from Linux 6.1.192-2", as far as it is known.
std::string describe_build(const Record& record) {
  const std::string version = value_of(record, "version");
  const std::string source = value_of(record, "source");
  return formatted("rocmfix{}{}{}{}", version.empty() ? "" : " ", version,
                   source.empty() ? "" : " from Linux ", source);
}

Check unfinished_check(const Root& root, const Record& record, const std::string& again) {
  const auto started = time_of(record, "started");
  const auto booted = boot_time(root);
  const char* end = nullptr;
  if (started && booted && *started < *booted) {
    end = "the machine was rebooted during the build";
  } else if (build_runs(root) == false) {
    end = "it is no longer running";
  }
  if (end != nullptr) {
    return {build_id, false,
            formatted("the build of {}{} was interrupted: {}", describe_build(record),
                      shown_time("of", started), end),
            again};
  }
  return {build_id, std::nullopt,
          formatted("{} is being built{}", describe_build(record), shown_time("since", started)),
          "wait for it, then check again: rocmfix verify"};
}

Check describe_record(const Root& root, const Record& record, const std::string& again) {
  const std::string state = value_of(record, "state");
  const std::string reason = value_of(record, "reason");
  const std::string hint = value_of(record, "hint");
  const std::string why = reason.empty() ? "" : ": " + reason;
  const std::string when = shown_time("on", time_of(record, "ended"));
  if (state == "running") {
    return unfinished_check(root, record, again);
  }
  if (state == "done") {
    return {build_id, true, formatted("{} was built{}", describe_build(record), when), ""};
  }
  if (state == "failed") {
    return {build_id, false,
            formatted("the build of {} failed{}{}", describe_build(record), when, why),
            hint.empty() ? again : hint};
  }
  if (state == "skipped") {
    return {build_id, false, formatted("{} was not built{}{}", describe_build(record), when, why),
            hint.empty() ? again : hint};
  }
  return {build_id, std::nullopt, "the record of the last build has an unknown state", again};
}

std::string build_again(bool livepatch) {
  return formatted("sudo dpkg-reconfigure {}",
                   livepatch ? names::livepatch_package : names::module_package);
}

// What follows `name=` in "series=6.1 patches=5 source=6.1.192-2 fixes=9b4e3495d1bd".
std::optional<std::string> word_of(const InstalledModule& module, std::string_view name) {
  const std::string key = formatted(" {}=", name);
  const std::string text = " " + module.rocmfix.value_or("");
  const std::size_t at = text.find(key);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t begin = at + key.size();
  return printable_line(std::string_view(text).substr(begin, text.find(' ', begin) - begin),
                        max_value);
}

// For the end of a sentence; a module without any, or from before there were any, has none.
std::string with_fixes(const InstalledModule& module) {
  const std::string fixes = word_of(module, "fixes").value_or("none");
  return fixes == "none" ? "" : "; with upstream's fixes " + fixes;
}

}  // namespace

std::optional<Check> verify_build(const Root& root, const Driver& driver) {
  if (!driver.kernel_release || driver.kernel_release->find('/') != std::string::npos) {
    return std::nullopt;
  }
  const std::string path = formatted("{}/{}", names::record_directory, *driver.kernel_release);
  const auto record = read_record(root, path);
  if (!record) {
    const Error& error = record.error();
    return error.errnum == ENOENT || error.errnum == ENOTDIR
               ? std::nullopt
               : std::optional(Check{build_id, std::nullopt, to_string(error), error.hint});
  }
  return describe_record(root, *record,
                         build_again(value_of(*record, "package") == names::livepatch_package));
}

std::optional<Check> verify_source(const Root& root, const Driver& driver) {
  const bool livepatch = driver.variant() == Variant::livepatch;
  const auto& installed = livepatch ? driver.livepatch.installed : driver.installed;
  if (!driver.kernel_release || !installed) {
    return std::nullopt;
  }
  const auto has = word_of(*installed, "source");
  const auto package = package_version(root, *driver.kernel_release);
  if (!has || !package) {
    return std::nullopt;
  }
  const std::string wanted = printable_line(*package, max_value);
  Check check{"module.source", true,
              formatted("built from {}, as the kernel{}", *has, with_fixes(*installed)), ""};
  // Ubuntu's versions do not begin with upstream's.
  if (*has == driver.kernel_upstream.value_or(wanted.substr(0, wanted.find('-')))) {
    check.detail =
        formatted("built from a source of your own, Linux {}; the kernel is {}", *has, wanted);
  } else if (*has != wanted) {
    check.ok = false;
    check.detail = formatted("built from {}, the kernel is {}", *has, wanted);
    check.hint = build_again(livepatch);
  }
  return check;
}

}  // namespace rocmfix::detail
