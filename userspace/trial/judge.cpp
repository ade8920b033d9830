// SPDX-License-Identifier: MIT
#include "trial/judge.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "rocmfix/escalation.hpp"
#include "rocmfix/fault_reader.hpp"
#include "rocmfix/printable.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::trial {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_line = 16U << 10U;
constexpr JsonLimits report_limits{
    .bytes = 4U << 20U, .depth = 32, .members = 2048, .values = 200'000, .cpu_ms = 2000};

std::string read_report(const std::filesystem::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text;
  if (!fd || !read_to_end(fd.get(), report_limits.bytes, text)) {
    return {};
  }
  return text;
}

struct Found {
  Outcome outcome = Outcome::completed;  ///< the gravest; completed: nothing was found
  std::string why;
};

/// A memory fault is what a hang or a reset after it comes from.
void take(Outcome outcome, const std::string& why, Found& found) {
  const auto weight = [](Outcome one) {
    switch (one) {
      case Outcome::fault:
        return 3;
      case Outcome::reset:
        return 2;
      case Outcome::hang:
        return 1;
      default:
        return 0;
    }
  };
  if (weight(outcome) > weight(found.outcome)) {
    found = {outcome, why};
  }
}

Outcome outcome_of(std::string_view type, FaultKind kind) {
  if (kind == FaultKind::memory) {
    return Outcome::fault;
  }
  if (type == "gpu_reset" || type == "vram_lost") {
    return Outcome::reset;
  }
  return kind == FaultKind::hang ? Outcome::hang : Outcome::completed;
}

/// A crash report, or one that the interposer has left.
void take_report(const Json& report, Found& found) {
  const std::string kind = text_of(report, "kind");
  if (kind == "gpu_memory_fault") {
    const std::string where = text_of(report, "summary");
    take(Outcome::fault, "GPU memory fault" + (where.empty() ? "" : ": " + where), found);
  } else if (kind == "gpu_hang") {
    take(Outcome::hang, "GPU hang", found);
  }
  const Json incidents = report.is_object() ? report.value("incidents", Json()) : Json();
  for (const Json& incident : incidents.is_array() ? incidents : Json::array()) {
    const Json events = incident.is_object() ? incident.value("events", Json()) : Json();
    for (const Json& event : events.is_array() ? events : Json::array()) {
      take(outcome_of(text_of(event, "type"), parse_fault_kind(text_of(event, "kind"))),
           text_of(event, "what"), found);
    }
  }
}

void take_reports(const std::string& directory, Found& found) {
  constexpr std::size_t most = 64;
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json" && ++count <= most) {
      take_report(read_foreign_json(read_report(at->path()), report_limits), found);
    }
  }
}

std::string exit_text(const Ended& ended) {
  if (!ended.signalled) {
    return formatted("exit status {}", ended.status);
  }
  const char* const name = sigabbrev_np(ended.status);
  return name != nullptr ? formatted("ended by SIG{}", name)
                         : formatted("ended by signal {}", ended.status);
}

}  // namespace

Result<Success> Success::parse(const std::string& text) {
  Success success;
  constexpr std::string_view exit = "EXIT";
  if (text == exit || text.starts_with("EXIT:")) {
    const char* const begin = text.data() + exit.size() + 1;
    const char* const end = text.data() + text.size();
    const auto read = text == exit ? std::from_chars_result{end, std::errc{}}
                                   : std::from_chars(begin, end, success.status_);
    if (read.ec != std::errc{} || read.ptr != end || success.status_ < 0 || success.status_ > 255) {
      return fail({ErrorCode::invalid, "--success " + text + ": no exit status", 0, "EXIT:0"});
    }
    return success;
  }
  // POSIX's, of the C library: librocmfix's RE2 is its own.
  const auto made = std::make_unique<regex_t>();
  if (text.empty() || ::regcomp(made.get(), text.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
    return fail({ErrorCode::invalid, "--success: no regular expression: " + printable(text), 0,
                 "EXIT, EXIT:STATUS, or an extended regular expression as grep -E has them"});
  }
  success.expression_ = std::shared_ptr<const regex_t>(new regex_t(*made), [](const regex_t* one) {
    ::regfree(const_cast<regex_t*>(one));  // NOLINT: as regfree(3) wants it
    delete one;
  });
  return success;
}

bool Success::matches(const std::string& line) const {
  return ::regexec(expression_.get(), line.c_str(), 0, nullptr, 0) == 0;
}

struct Judge::State {
  State(const FaultRules& rules, const Success& wanted)
      : success(wanted), reader(rules, [this](const LogIncident& incident) { note(incident); }) {}

  void note(const LogIncident& incident) {
    for (const FaultEvent& event : incident.events) {
      if (event.type != nullptr) {
        take(outcome_of(event.type->name, parse_fault_kind(event.type->kind)),
             std::string(event.type->text) + ", in its output", found);
      }
    }
  }

  void look_for_success(std::string_view bytes) {
    while (success.wants_line() && !succeeded && !bytes.empty()) {
      const auto end = bytes.find('\n');
      line += bytes.substr(0, std::min(end, most_line - std::min(most_line, line.size())));
      if (end == std::string_view::npos) {
        return;
      }
      succeeded = success.matches(line);
      line.clear();
      bytes.remove_prefix(end + 1);
    }
  }

  const Success& success;
  FaultReader reader;
  Found found;
  std::string line;
  bool succeeded = false;
};

Judge::Judge(const FaultRules& rules, const Success& success)
    : state_(std::make_unique<State>(rules, success)) {}
Judge::~Judge() = default;

void Judge::output(std::string_view bytes) {
  state_->reader.feed(bytes);
  state_->look_for_success(bytes);
}

void Judge::conclude(const Ended& ended, const std::string& incidents, Run& run) {
  state_->reader.finish();
  state_->look_for_success("\n");
  // The supervisor's report says more than the output does of the same fault.
  Found found;
  take_reports(incidents, found);
  take(state_->found.outcome, state_->found.why, found);
  run.ms = ended.ms;
  const bool well = state_->success.wants_line()
                        ? state_->succeeded
                        : !ended.signalled && ended.status == state_->success.status();
  if (ended.told_to_stop) {
    run.outcome = Outcome::stopped;
    run.why = "the trial was ended";
  } else if (found.outcome != Outcome::completed) {
    run.outcome = found.outcome;
    run.why = printable(found.why);
  } else if (ended.timed_out) {
    run.outcome = Outcome::hang;
    run.why = "longer than --timeout";
    run.timed_out = true;
  } else if (well) {
    run.outcome = Outcome::completed;
    run.why = exit_text(ended);
  } else {
    run.outcome = Outcome::failed;
    run.why = exit_text(ended) +
              (state_->success.wants_line() ? ", without a line as --success wants it" : "");
  }
}

}  // namespace rocmfix::trial
