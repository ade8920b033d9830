// SPDX-License-Identifier: MIT
#include "control/journal.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "control/configuration.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/printable_character.hpp"
#include "rocmfix/standard_streams.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// Opened at the first line, and never again: a file that cannot be written is reported once.
int journal_fd() {
  static const int fd = [] {
    const Configuration* const config = configuration();
    if (config == nullptr || config->journal.empty()) {
      return -1;
    }
    // By the system call: open() is this library's own.
    const long opened = syscall(SYS_openat, AT_FDCWD, config->journal.c_str(),
                                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (opened < 0) {
      write_stderr("rocmfix-sim: error: cannot write the journal " + printable(config->journal) +
                   "\n");
    }
    return static_cast<int>(opened);
  }();
  return fd;
}

}  // namespace

std::uint64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1000000000U + static_cast<std::uint64_t>(t.tv_nsec);
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const PrintableCharacter character = first_character(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '"' || byte == '\\') {
      out += '\\';
    }
    if (character.length == 0) {
      out += text.substr(0, character.taken);
    } else if (character.taken > 1) {
      out.append(character.escape.data(), character.length);
    } else {
      out += byte < 0x80 ? formatted("\\u{:04x}", byte) : "\\ufffd";
    }
    text.remove_prefix(character.taken);
  }
  return out + '"';
}

JournalLine::JournalLine(std::string_view op) {
  if (journal_fd() >= 0) {
    line_ = formatted("{{\"t\":{},\"pid\":{},\"tid\":{},\"op\":\"{}\"", now_ns(), getpid(),
                      gettid(), op);
  }
}

JournalLine::~JournalLine() {
  if (!line_.empty()) {
    line_ += "}\n";
    [[maybe_unused]] const auto written = write(journal_fd(), line_.data(), line_.size());
  }
}

void JournalLine::key(std::string_view name) {
  line_ += formatted(",\"{}\":", name);
}

JournalLine& JournalLine::number(std::string_view name, std::int64_t value) {
  if (!line_.empty()) {
    key(name);
    line_ += formatted("{}", value);
  }
  return *this;
}

JournalLine& JournalLine::unsigned_number(std::string_view name, std::uint64_t value) {
  if (!line_.empty()) {
    key(name);
    line_ += formatted("{}", value);
  }
  return *this;
}

JournalLine& JournalLine::hex(std::string_view name, std::uint64_t value) {
  if (!line_.empty()) {
    key(name);
    line_ += formatted("\"{:#x}\"", value);
  }
  return *this;
}

JournalLine& JournalLine::text(std::string_view name, std::string_view value) {
  if (!line_.empty()) {
    key(name);
    line_ += json_quoted(value);
  }
  return *this;
}

JournalLine& JournalLine::texts(std::string_view name,
                                const std::vector<std::string_view>& values) {
  if (!line_.empty()) {
    key(name);
    line_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      line_ += i == 0 ? "" : ",";
      line_ += json_quoted(values[i]);
    }
    line_ += ']';
  }
  return *this;
}

JournalLine& JournalLine::numbers(std::string_view name, const std::vector<std::uint64_t>& values) {
  if (!line_.empty()) {
    key(name);
    line_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      line_ += formatted("{}{}", i == 0 ? "" : ",", values[i]);
    }
    line_ += ']';
  }
  return *this;
}

JournalLine& JournalLine::raw(std::string_view name, std::string_view json) {
  if (!line_.empty()) {
    key(name);
    line_ += json;
  }
  return *this;
}

void complain(const std::string& text) {
  write_stderr("rocmfix-sim: " + printable(text) + "\n");
  JournalLine("complaint").text("text", text);
}

}  // namespace rocmfix::sim
