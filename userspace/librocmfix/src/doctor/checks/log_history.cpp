// SPDX-License-Identifier: MIT
// What the kernel's log says of the GPUs, in this boot and in the last, as far as it can be read
// without running anything: by the rules of `rocmfix explain`.
#include <algorithm>
#include <cerrno>
#include <map>

#include "doctor/check.hpp"
#include "machine/kernel_log.hpp"
#include "machine/log_files.hpp"
#include "rocmfix/fault_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::size_t most_kept = 100;
constexpr std::size_t most_shown = 3;

struct History {
  std::vector<LogIncident> incidents;  ///< the last of those that concern a GPU of ours, or none
  std::uint64_t count = 0;
};

/// What killed for memory says nothing about the GPU, and programs' own lines are no kernel's.
bool concerns_gpu(const FaultEvent& event, const Machine& machine) {
  if (!event.type->failure && event.type->name != "atomics_rejected") {
    return false;
  }
  const std::string_view bdf = event.text(FaultField::bdf);
  return bdf.empty() || std::any_of(machine.gpus.begin(), machine.gpus.end(), [&](const Gpu& gpu) {
           return gpu.bdf == bdf && gpu.supported;
         });
}

History read_history(const FaultRules& rules, const Machine& machine, std::string_view text) {
  History history;
  FaultReader reader(rules, [&](const LogIncident& incident) {
    if (std::none_of(incident.events.begin(), incident.events.end(),
                     [&](const FaultEvent& event) { return concerns_gpu(event, machine); })) {
      return;
    }
    ++history.count;
    if (history.incidents.size() == most_kept) {
      history.incidents.erase(history.incidents.begin());
    }
    history.incidents.push_back(incident);
  });
  reader.feed(text);
  reader.finish();
  return history;
}

/// As dmesg(1) prints it.
std::string as_text(const std::vector<KernelMessage>& messages) {
  constexpr std::uint64_t second = 1'000'000;
  std::string text;
  for (const KernelMessage& message : messages) {
    text += formatted("[{:5}.{:06}] {}\n", message.microseconds / second,
                      message.microseconds % second, message.text);
  }
  return text;
}

/// "3 x GPU page fault (from amdgpu), GPU reset"
std::string kinds_of(const History& history) {
  std::map<std::string_view, std::uint64_t> counts;
  std::vector<std::string_view> order;
  for (const LogIncident& incident : history.incidents) {
    for (const FaultEvent& event : incident.events) {
      if (!event.type->failure && event.type->name != "atomics_rejected") {
        continue;
      }
      if (counts[event.type->text]++ == 0) {
        order.push_back(event.type->text);
      }
    }
  }
  std::string text;
  for (const std::string_view kind : order) {
    const std::uint64_t count = counts[kind];
    text += (text.empty() ? "" : ", ");
    text += count > 1 ? formatted("{} x {}", count, kind) : std::string(kind);
  }
  return text;
}

Finding finding_of(const History& history, std::string_view boot, std::string command) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  finding.summary = formatted("{}: {}", boot, kinds_of(history));
  const std::size_t shown = std::min(most_shown, history.incidents.size());
  for (auto incident = history.incidents.end() - static_cast<std::ptrdiff_t>(shown);
       incident != history.incidents.end(); ++incident) {
    const auto event =
        std::find_if(incident->events.begin(), incident->events.end(),
                     [](const FaultEvent& one) { return one.type->failure && !one.lines.empty(); });
    if (event != incident->events.end()) {
      finding.evidence.push_back(event->lines.front().text);
    }
  }
  if (history.count > shown) {
    finding.evidence.push_back(formatted("the last {} of {} incidents", shown, history.count));
  }
  const auto with_cause = std::find_if(history.incidents.rbegin(), history.incidents.rend(),
                                       [](const auto& one) { return !one.causes.empty(); });
  if (with_cause != history.incidents.rend()) {
    const FaultCause& cause = *with_cause->causes.front().rule;
    finding.remedy = formatted("A {} cause of the last one that the log has a sign of: {}. ",
                               to_string(with_cause->causes.front().confidence), cause.summary);
    finding.grade = cause.grade;
    finding.source = cause.source;
  }
  finding.remedy += "`rocmfix explain` decodes each of them, with causes and what would decide.";
  finding.command = std::move(command);
  return finding;
}

Finding not_known(std::string summary, std::string command) {
  Finding finding;
  finding.summary = std::move(summary);
  finding.remedy =
      "A fault of the last session would be there. Members of the group adm can read "
      "it without sudo.";
  finding.command = std::move(command);
  return finding;
}

}  // namespace

Findings log_history(const Subject& subject) {
  const Root& root = subject.root;
  auto loaded = FaultRules::load(root);
  const FaultRules rules = loaded ? std::move(*loaded) : FaultRules::built_in();
  const auto history_of = [&](std::string_view text) {
    return read_history(rules, subject.machine, text);
  };
  const auto kernel = read_kernel_log(root);
  const LoggedBoots boots = read_logged_boots(root);
  Findings findings;
  std::vector<std::string> read;
  const auto add = [&](std::string_view text, std::string_view boot, const std::string& from,
                       std::string command) {
    if (const History history = history_of(text); history.count > 0) {
      findings.push_back(finding_of(history, boot, std::move(command)));
    }
    read.push_back(formatted("{}: {}", boot, from));
  };
  if (kernel && !kernel->empty()) {
    add(as_text(*kernel), "this boot", "/dev/kmsg", "sudo dmesg | rocmfix explain");
  } else if (boots.current) {
    add(boots.current->text, "this boot", boots.current->file,
        "rocmfix explain " + boots.current->file);
  } else {
    findings.push_back(not_known("the kernel log of this boot cannot be read by this user",
                                 "sudo dmesg | rocmfix explain"));
  }
  if (boots.previous) {
    add(boots.previous->text, "the last boot", boots.previous->file,
        "rocmfix explain " + boots.previous->file);
  } else {
    findings.push_back(
        not_known("the log of the last boot is in no text file that this user can "
                  "read; the journal may have it",
                  "journalctl -k -b -1 | rocmfix explain"));
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "no GPU fault, hang or reset in the kernel log of this boot and the last";
    findings.push_back(std::move(finding));
  }
  auto& evidence = findings.front().evidence;
  evidence.insert(evidence.end(), read.begin(), read.end());
  return findings;
}

}  // namespace rocmfix::detail
