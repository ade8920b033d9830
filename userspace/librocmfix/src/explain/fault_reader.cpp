// SPDX-License-Identifier: MIT
#include "rocmfix/fault_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "explain/fault_matcher.hpp"
#include "explain/incident_builder.hpp"
#include "explain/line_splitter.hpp"
#include "rocmfix/printable.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

struct FaultReader::State {
  State(const FaultRules& tables, Sink sink)
      : rules(tables),
        matcher(rules.patterns()),
        builder(rules, std::move(sink)),
        lines(matcher.scanner(), [this](std::uint64_t number, std::string_view line) {
          const auto& found = matcher.match(line);
          if (!found.empty()) {
            builder.add(number, line, found, lines.times());
          }
        }) {}

  const FaultRules& rules;
  FaultMatcher matcher;
  IncidentBuilder builder;
  LineSplitter lines;
  bool finished = false;
};

FaultReader::FaultReader(const FaultRules& rules, Sink sink)
    : state_(std::make_unique<State>(rules, std::move(sink))) {}
FaultReader::FaultReader(FaultReader&&) noexcept = default;
FaultReader& FaultReader::operator=(FaultReader&&) noexcept = default;
FaultReader::~FaultReader() = default;

void FaultReader::feed(std::string_view bytes) {
  if (state_->finished) {
    state_->finished = false;
    state_->lines.restart();
    state_->builder.forget();
  }
  state_->lines.feed(bytes);
}

Result<void> FaultReader::add_fact(std::string_view fact, std::string_view value) {
  const auto patterns = state_->rules.patterns();
  if (fact.empty() || std::none_of(patterns.begin(), patterns.end(),
                                   [&](const auto& pattern) { return pattern.fact == fact; })) {
    return fail({ErrorCode::invalid, formatted("no fact is named '{}'", printable(fact)), 0,
                 "faults.toml has the facts"});
  }
  state_->builder.add_fact(0, formatted("{}: {}", fact, value), fact, value);
  return {};
}

void FaultReader::add_assignment(std::string_view assignment) {
  for (const FoundLine& found : state_->matcher.match(assignment)) {
    if (found.pattern->role == LineRole::fact) {
      state_->builder.add_fact(0, assignment, found);
    }
  }
}

Result<void> FaultReader::add_event(const GivenEvent& event) {
  const FaultType* const type = state_->rules.type(event.type);
  if (type == nullptr) {
    return fail({ErrorCode::invalid,
                 formatted("no type of event is named '{}'", printable(event.type)), 0,
                 "rocmfix(1) lists them under explain"});
  }
  std::vector<FoundField> fields;
  std::string text(type->text);
  for (const auto& [name, value] : event.fields) {
    const auto field = parse_fault_field(name);
    if (!field || rule_of(*field).form == FieldForm::of_the_line_alone) {
      return fail({ErrorCode::invalid, formatted("an event has no field '{}'", printable(name)), 0,
                   "the fields are those of `rocmfix explain --json`"});
    }
    std::string_view known = value;
    if (*field == FaultField::reason) {
      for (const FaultReason& reason : state_->rules.reasons()) {
        known = reason.name == value ? reason.text : known;
      }
    }
    fields.push_back({*field, known});
    text += formatted(", {} {}", name, known);
  }
  state_->builder.add_event(state_->lines.lines() + 1, *type, fields, text);
  return {};
}

void FaultReader::finish() {
  state_->lines.finish();
  state_->builder.flush();
  state_->finished = true;
}

void FaultReader::settle() {
  state_->builder.flush();
}

std::uint64_t FaultReader::lines() const {
  return state_->lines.lines();
}

bool FaultReader::open() const {
  return state_->builder.open();
}

std::uint64_t FaultReader::incident_lines() const {
  return state_->builder.lines();
}

// A file that is no text of a log would have "no fault" in it.
Result<void> check_log_format(std::string_view begin) {
  struct Format {
    std::string_view magic;
    const char* name;
    const char* hint;
  };
  constexpr std::array<Format, 5> formats = {{
      {"\x1f\x8b", "compressed by gzip", "zcat FILE | rocmfix explain"},
      {"\xfd"
       "7zXZ",
       "compressed by xz", "xzcat FILE | rocmfix explain"},
      {"\x28\xb5\x2f\xfd", "compressed by zstd", "zstdcat FILE | rocmfix explain"},
      {"BZh", "compressed by bzip2", "bzcat FILE | rocmfix explain"},
      {"LPKSHHRH", "a systemd journal", "journalctl --file=FILE | rocmfix explain"},
  }};
  for (const Format& format : formats) {
    if (begin.starts_with(format.magic)) {
      return fail({ErrorCode::invalid, formatted("the log is {}", format.name), 0, format.hint});
    }
  }
  return {};
}

namespace {

Error log_error(std::string what, int code) {
  Error error = io_error(std::move(what), code);
  if (error.hint.empty()) {
    error.hint = "pass a file, or pipe a log: journalctl -k | rocmfix explain -";
  }
  return error;
}

}  // namespace

Result<std::uint64_t> read_faults(int fd, FaultReader& reader, int quiet_ms) {
  std::vector<char> buffer(256 << 10);
  std::uint64_t total = 0;
  for (;;) {
    pollfd input{fd, POLLIN, 0};
    if (total > 0 && quiet_ms >= 0 && ::poll(&input, 1, quiet_ms) == 0) {
      reader.settle();
    }
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0) {
      break;
    }
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      Error error = log_error("cannot read the log", errno);
      reader.finish();
      return fail(std::move(error));
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
    if (auto text = total == 0 ? check_log_format(bytes) : Result<void>(); !text) {
      return fail(std::move(text.error()));
    }
    total += bytes.size();
    reader.feed(bytes);
  }
  reader.finish();
  return total;
}

Result<std::uint64_t> read_faults(const std::string& file, FaultReader& reader) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) {
    return fail(log_error("cannot open " + file, errno));
  }
  return read_faults(fd.get(), reader);
}

std::vector<LogIncident> find_incidents(const FaultRules& rules, std::string_view text) {
  std::vector<LogIncident> incidents;
  FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
  reader.feed(text);
  reader.finish();
  return incidents;
}

}  // namespace rocmfix
