// SPDX-License-Identifier: MIT
#include "machine/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/root_recorder.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {
namespace {

// Debian's is 128 KiB; log_buf_len can make it larger.
constexpr std::size_t limit = 16U << 20U;

// "6,339,5140900,-": priority, number, microseconds.
std::uint64_t time_of(std::string_view prefix) {
  for (int commas = 0; commas < 2; ++commas) {
    prefix.remove_prefix(std::min(prefix.find(',') + 1, prefix.size()));
  }
  std::uint64_t microseconds = 0;
  std::from_chars(prefix.data(), prefix.data() + prefix.size(), microseconds);
  return microseconds;
}

// "6,339,5140900,-;message", then lines with a blank first that belong to it.
void append_messages(std::string_view records, std::vector<KernelMessage>& messages) {
  while (!records.empty()) {
    const std::string_view line = records.substr(0, records.find('\n'));
    const std::size_t begin = line.find(';');
    if (begin != std::string_view::npos && !line.starts_with(' ')) {
      messages.push_back({time_of(line.substr(0, begin)), std::string(line.substr(begin + 1))});
    }
    records.remove_prefix(std::min(line.size() + 1, records.size()));
  }
}

}  // namespace

Result<std::vector<KernelMessage>> read_kernel_log(const Root& root) {
  // O_NONBLOCK: the end of the log is EAGAIN then, and no waiting for the next message.
  auto opened = root.open_file("/dev/kmsg", O_NONBLOCK);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  const FileDescriptor fd(*opened);
  std::string records;
  std::array<char, 8192> buffer{};
  while (records.size() < limit) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno == EAGAIN)) {
      break;
    }
    if (got > 0) {
      records.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR && errno != EPIPE) {  // EPIPE: overwritten while it was read
      const int errnum = errno;
      if (root.recorder() != nullptr) {
        root.recorder()->opened("/dev/kmsg", errnum);
      }
      return fail(io_error("cannot read " + root.host_path("/dev/kmsg").string(), errnum));
    }
  }
  if (root.recorder() != nullptr) {
    root.recorder()->content("/dev/kmsg", records);
    root.recorder()->read_for("/dev/kmsg", ReadFor::records);
  }
  std::vector<KernelMessage> messages;
  append_messages(records, messages);
  return messages;
}

std::optional<ModuleRefusal> find_module_refusal(const std::vector<KernelMessage>& messages) {
  constexpr std::array<std::pair<std::string_view, bool>, 4> refusals = {{
      {"Loading of unsigned module is rejected", false},
      {"Loading of module with ", true},
      {"unsigned module loading is restricted", true},
      {"Key was rejected by service", true},
  }};
  std::optional<ModuleRefusal> found;
  for (const auto& message : messages) {
    for (const auto& [text, is_signed] : refusals) {
      if (message.text.find(text) != std::string::npos) {
        found = ModuleRefusal{message.text, is_signed};
        break;
      }
    }
  }
  return found;
}

}  // namespace rocmfix::detail
