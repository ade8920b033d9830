// SPDX-License-Identifier: MIT
#include "supervisor/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <string_view>
#include <utility>

#include "supervisor/helper.hpp"
#include "util/formatted.hpp"

namespace rocmfix::run {

namespace {

constexpr std::size_t limit = 4U << 20U;

std::int64_t now_us() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

/// `rocmfix explain` knows what a line means; here only most of the log is left out.
bool may_matter(std::string_view line) {
  constexpr std::array words = {"amdgpu", "kfd",           "[drm",           "AMD-Vi", "GPU",
                                "oom",    "Out of memory", "Killed process", "DMAR"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return line.find(word) != std::string_view::npos;
  });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// /dev/kmsg writes "\x09" for a tab.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
        hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// "6,339,5140900,-;message" as dmesg(1) shows it: "[    5.140900] message". Empty: no record, but
/// one's dictionary.
std::string as_dmesg(std::string_view record) {
  const auto begin = record.find(';');
  const auto first = record.find(',');
  const auto second = first == std::string_view::npos ? first : record.find(',', first + 1);
  if (begin == std::string_view::npos || second == std::string_view::npos || second > begin ||
      record.starts_with(' ')) {
    return {};
  }
  const std::string time(record.substr(second + 1, begin - second - 1));
  const unsigned long long us = std::strtoull(time.c_str(), nullptr, 10);
  return formatted("[{:5}.{:06}] ", us / 1'000'000, us % 1'000'000) +
         unescaped(record.substr(begin + 1));
}

template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    use(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

KernelLog::KernelLog(const Root& root) : since_us_(now_us()) {
  if (const auto opened = root.open_file("/dev/kmsg", O_NONBLOCK)) {
    fd_ = *opened;
    lseek(fd_, 0, SEEK_END);
  }
  has_journal_ = root.is_system();
}

KernelLog::~KernelLog() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

std::vector<std::string> KernelLog::take(const SignalQueue& signals, bool thorough) {
  std::vector<std::string> lines = std::exchange(seen_, {});
  const LogSource before = lines.empty() ? LogSource::none : source_;
  std::vector<std::string> added = take_new(signals, thorough);
  std::move(added.begin(), added.end(), std::back_inserter(lines));
  if (source_ == LogSource::none) {
    source_ = before;
  }
  return lines;
}

std::vector<std::string> KernelLog::look(const SignalQueue& signals, bool thorough) {
  constexpr std::size_t most = 4096;  // a driver that complains for hours
  std::vector<std::string> lines = take_new(signals, thorough);
  for (std::size_t i = 0; i < lines.size() && seen_.size() < most; ++i) {
    seen_.push_back(lines[i]);
  }
  return lines;
}

std::vector<std::string> KernelLog::take_new(const SignalQueue& signals, bool thorough) {
  if (fd_ >= 0) {
    source_ = LogSource::kmsg;
    return take_records();
  }
  if (has_journal_ && thorough) {
    return take_journal(signals);
  }
  source_ = LogSource::none;
  return {};
}

std::vector<std::string> KernelLog::take_records() const {
  std::string records;
  std::array<char, 8192> buffer{};
  while (records.size() < limit) {
    const ssize_t got = read(fd_, buffer.data(), buffer.size());
    if (got > 0) {
      records.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EPIPE)) {  // EPIPE: some were overwritten
      break;
    }
  }
  std::vector<std::string> lines;
  for_each_line(records, [&](std::string_view record) {
    std::string line = as_dmesg(record);
    if (may_matter(line)) {
      lines.push_back(std::move(line));
    }
  });
  return lines;
}

std::vector<std::string> KernelLog::take_journal(const SignalQueue& signals) {
  const std::string since =
      formatted("--since=@{}.{:06}", since_us_ / 1'000'000, since_us_ % 1'000'000);
  since_us_ = now_us();
  const auto text =
      run_helper(signals, {"journalctl", "-k", "-q", "--no-pager", "-o", "short-monotonic", since});
  std::vector<std::string> lines;
  if (!text) {
    source_ = LogSource::none;
    return lines;
  }
  // One who may not read the journal gets nothing and status 0.
  for_each_line(*text, [&](std::string_view line) {
    if (may_matter(line)) {
      lines.emplace_back(line);
    }
  });
  source_ = lines.empty() ? LogSource::none : LogSource::journal;
  return lines;
}

}  // namespace rocmfix::run
