// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as a log, in pieces cut where the first bytes say; and behind the
// first byte, as a request of rocmfix_explain_json(). Besides what the
// sanitizers find it holds that the pieces make no difference, that every event has what the schema
// promises, and that the document is JSON of printable text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "rocmfix/c_api.h"
#include "rocmfix/fault_reader.hpp"

namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

struct Outcome {
  std::vector<std::string> incidents;
  std::uint64_t lines = 0;
};

// One reader for all inputs, which its expressions are compiled for once. So that what an input
// leaves behind would show, too: the next one must not see it.
class Reader {
 public:
  Outcome read(std::string_view log, std::size_t piece) {
    outcome_ = {};
    while (!log.empty()) {
      const std::size_t size = std::min(log.size(), piece);
      const std::string copy(log.substr(0, size));  // so that reading beyond its end is seen
      reader_.feed(copy);
      log.remove_prefix(size);
    }
    reader_.finish();
    outcome_.lines = reader_.lines();
    return outcome_;
  }

 private:
  void check(const rocmfix::LogIncident& incident) {
    require(!incident.events.empty() && incident.events.size() <= 16, "events of an incident");
    for (const rocmfix::FaultEvent& event : incident.events) {
      require(event.line >= 1 && event.count >= 1 && !event.lines.empty(), "an event");
    }
    for (const rocmfix::ProbableCause& cause : incident.causes) {
      require(!cause.evidence.empty(), "a cause without evidence");
    }
    outcome_.incidents.push_back(incident_json(incident));
  }

  const rocmfix::FaultRules rules_ = rocmfix::FaultRules::built_in();
  rocmfix::FaultReader reader_{rules_, [this](const auto& incident) { check(incident); }};
  Outcome outcome_;
};

void check_document(std::string_view text) {
  require(nlohmann::json::accept(text), "the document");
  require(std::none_of(text.begin(), text.end(),
                       [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }),
          "a control character in the document");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Reader reader;
  if (size < 2) {
    return 0;
  }
  const std::size_t piece = 1 + data[0];
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's bytes
  const std::string_view log(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string request(log);
  char* const answer = rocmfix_explain_json("/", request.c_str());
  check_document(answer);
  rocmfix_free(answer);
  const Outcome whole = reader.read(log, log.size());
  for (const std::string& incident : whole.incidents) {
    check_document(incident);
  }
  const Outcome pieces = reader.read(log, piece);
  require(pieces.incidents == whole.incidents && pieces.lines == whole.lines,
          "pieces make a difference");
  return 0;
}
