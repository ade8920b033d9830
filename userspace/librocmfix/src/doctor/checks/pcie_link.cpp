// SPDX-License-Identifier: MIT
// How fast the way from the CPU to a card can be, what narrows it, and the errors counted on it.
// Speed now is not judged: the driver slows an idle link down.
#include <algorithm>

#include "doctor/gpu_finding.hpp"
#include "machine/pci_path.hpp"

namespace rocmfix::detail {

namespace {

std::string describe(const PciLink& link) {
  std::string text =
      formatted("{} to {}: {}", link.upper->bdf, link.lower->bdf, to_string(link.most));
  if (link.current && *link.current != link.most) {
    text += formatted(", now {}", to_string(*link.current));
  }
  return text;
}

/// What the card could do in a better slot: the end of its outermost function.
std::optional<LinkRate> card_rate(const std::vector<PciPort>& path) {
  const auto outermost =
      std::find_if(path.begin(), path.end(), [](const PciPort& port) { return port.on_card; });
  return outermost == path.end() ? std::nullopt : outermost->most;
}

std::vector<std::string> errors_of(const std::vector<PciPort>& path) {
  std::vector<std::string> errors;
  for (const PciPort& port : path) {
    const auto add = [&](const char* file, const std::optional<std::uint64_t>& count) {
      if (count.value_or(0) > 0) {
        errors.push_back(formatted("{}/{}/{}: {} since boot", pci_devices, port.bdf, file, *count));
      }
    };
    add("aer_dev_fatal", port.fatal_errors);
    add("aer_dev_nonfatal", port.nonfatal_errors);
    add("aer_dev_correctable", port.correctable_errors);
  }
  return errors;
}

// A few corrected errors are a link's normal life.
constexpr std::uint64_t many_corrected = 1000;

void judge_errors(const std::vector<PciPort>& path, Finding& finding) {
  const bool fatal = std::any_of(path.begin(), path.end(), [](const PciPort& port) {
    return port.fatal_errors.value_or(0) > 0;
  });
  const bool many = std::any_of(path.begin(), path.end(), [](const PciPort& port) {
    return port.nonfatal_errors.value_or(0) > 0 ||
           port.correctable_errors.value_or(0) >= many_corrected;
  });
  if (!fatal && !many) {
    return;
  }
  const std::vector<std::string> errors = errors_of(path);
  finding.evidence.insert(finding.evidence.end(), errors.begin(), errors.end());
  finding.verdict = fatal ? CheckVerdict::warning : CheckVerdict::note;
  finding.summary += fatal ? "; the link has had fatal errors" : "; the link has had errors";
  finding.remedy += formatted(
      "{}Errors come from a bad contact, a riser or its cable, or a slot: seat the card "
      "again, and try it without a riser.",
      finding.remedy.empty() ? "" : " ");
}

void judge_links(const std::vector<PciLink>& links, const std::optional<LinkRate>& card,
                 Finding& finding) {
  const auto narrowest = std::min_element(
      links.begin(), links.end(),
      [](const PciLink& a, const PciLink& b) { return capacity(a.most) < capacity(b.most); });
  finding.verdict = CheckVerdict::ok;
  finding.summary = to_string(narrowest->most);
  if (card && capacity(narrowest->most) < capacity(*card)) {
    finding.verdict = CheckVerdict::note;
    finding.summary =
        formatted("{}, though the card can do {}", to_string(narrowest->most), to_string(*card));
    finding.remedy = formatted(
        "The way through {} is slower than the card: copies between memory and GPU take longer. "
        "Another slot may be wired with more lanes.",
        narrowest->upper->bdf);
  }
  const auto fewer = std::find_if(links.begin(), links.end(), [](const PciLink& link) {
    return link.current && link.current->lanes < link.most.lanes;
  });
  if (fewer != links.end()) {
    finding.verdict = CheckVerdict::note;
    finding.summary +=
        formatted("; {} of {} lanes are in use", fewer->current->lanes, fewer->most.lanes);
    finding.remedy += formatted(
        "{}Lanes that both ends have and do not use mean a slot that shares them, or a bad "
        "contact.",
        finding.remedy.empty() ? "" : " ");
  }
}

}  // namespace

Findings pcie_link(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    if (gpu.apu == true) {
      return std::nullopt;
    }
    Finding finding;
    const std::vector<PciPort> path = read_pci_path(subject.root, gpu.bdf);
    const std::vector<PciLink> links = links_of(path);
    for (const PciLink& link : links) {
      finding.evidence.push_back(describe(link));
    }
    const auto asleep =
        std::find_if(path.begin(), path.end(), [](const PciPort& port) { return !port.awake; });
    if (asleep != path.end()) {
      finding.summary = formatted("{} is asleep, and asking would wake it", asleep->bdf);
    } else if (links.empty()) {
      finding.summary = "the speed of the card's links is not to be read here";
    } else {
      judge_links(links, card_rate(path), finding);
    }
    judge_errors(path, finding);
    return finding;
  });
}

}  // namespace rocmfix::detail
