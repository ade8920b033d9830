// SPDX-License-Identifier: MIT
// How much system memory the session and the GPUs may use: limits of control groups, GTT.
#include <algorithm>

#include "doctor/check.hpp"
#include "machine/memory_limits.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::uint64_t mib = 1U << 20U;

std::string in_gib(std::uint64_t bytes) {
  constexpr double gib = 1024.0 * static_cast<double>(mib);
  return formatted("{:.1f} GiB", static_cast<double>(bytes) / gib);
}

/// "system.slice/ollama.service" is a service of the system's; a session's group has no file.
std::string command_for(const std::string& path) {
  constexpr std::string_view service = ".service";
  const std::string name = path.substr(path.rfind('/') + 1);
  const bool plain = name.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@") ==
                     std::string::npos;
  return path.starts_with("/system.slice/") && name.ends_with(service) && plain
             ? formatted("sudo systemctl set-property {} MemoryMax=infinity", name)
             : std::string();
}

/// The one that is reached first, if it leaves less than the machine has.
std::optional<Finding> limit_of_group(const Root& root, std::uint64_t ram) {
  const auto limits = group_limits(root);
  const auto least =
      std::min_element(limits.begin(), limits.end(),
                       [](const GroupLimit& a, const GroupLimit& b) { return a.bytes < b.bytes; });
  if (least == limits.end() || least->bytes >= ram) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = least->reached > 0 ? CheckVerdict::warning : CheckVerdict::note;
  finding.summary = formatted("programs of this session may use {} of the {} of memory",
                              in_gib(least->bytes), in_gib(ram));
  finding.evidence.push_back(formatted("/sys/fs/cgroup{}/memory.max: {}",
                                       least->path == "/" ? "" : least->path, least->bytes));
  if (least->reached > 0) {
    finding.summary += formatted(", and ran into that {} times", least->reached);
    finding.evidence.push_back(formatted("memory.events: oom {}", least->reached));
  }
  finding.remedy =
      "A model is loaded through system memory, and the kernel ends what goes over the limit: "
      "\"Killed\", without a GPU fault. The limit is the container's (--memory), the service's "
      "(MemoryMax=) or the slice's.";
  finding.command = command_for(least->path);
  return finding;
}

std::string place_of(const Machine& machine) {
  const auto found = machine.configured.find("gttsize");
  return found != machine.configured.end() && found->second != "-1"
             ? formatted("amdgpu.gttsize={} is set", found->second)
             : std::string("ttm.pages_limit, or another limit of TTM");
}

/// By default the GPU may map half of the memory; no limit is known to help these cards.
std::optional<Finding> small_gtt(const Subject& subject, const Gpu& gpu, std::uint64_t ram,
                                 std::vector<std::string>& evidence) {
  const auto gtt = gtt_bytes(subject.root, gpu.bdf);
  if (!gtt) {
    return std::nullopt;
  }
  evidence.push_back(formatted("{}/mem_info_gtt_total: {}", gpu.bdf, in_gib(*gtt)));
  // Firmware and kernel take some: "half" is never exact.
  constexpr std::uint64_t eighths = 3;
  if (*gtt >= ram / 8 * eighths) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.gpu = gpu.bdf;
  finding.summary = formatted("the GPU may map {} of the {} of memory; the default is half",
                              in_gib(*gtt), in_gib(ram));
  const auto pages = subject.root.read_line("/sys/module/ttm/parameters/pages_limit");
  finding.evidence = {evidence.back(), place_of(subject.machine)};
  if (pages) {
    finding.evidence.push_back("/sys/module/ttm/parameters/pages_limit: " + *pages);
  }
  finding.remedy =
      "Pinned memory, buffers that do not fit into VRAM, and VRAM during suspend are in it. "
      "`rocmfix plan` shows amdgpu's own parameter.";
  finding.source = "amdgpu_ttm_init(), amdgpu_ttm.c";
  return finding;
}

std::optional<Finding> small_ram(const Gpu& gpu, std::uint64_t ram) {
  if (gpu.apu.value_or(false) || !gpu.vram_bytes || *gpu.vram_bytes <= ram) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.gpu = gpu.bdf;
  finding.summary = formatted("the machine has {} of memory, the card {} of VRAM", in_gib(ram),
                              in_gib(*gpu.vram_bytes));
  finding.remedy =
      "Loading a model that fills VRAM takes system memory meanwhile: formats that are mapped "
      "(safetensors, GGUF) need less of it, and swap helps.";
  finding.grade = "?";
  return finding;
}

}  // namespace

Findings ram_limits(const Subject& subject) {
  if (!subject.machine.ram_mib) {
    Finding finding;
    finding.summary = "/proc/meminfo does not say how much memory there is";
    return {finding};
  }
  const std::uint64_t ram = *subject.machine.ram_mib * mib;
  std::vector<std::string> evidence = {formatted("/proc/meminfo: {}", in_gib(ram))};
  Findings findings;
  if (auto limit = limit_of_group(subject.root, ram)) {
    findings.push_back(std::move(*limit));
  }
  for (const Gpu& gpu : subject.machine.gpus) {
    if (!gpu.supported) {
      continue;
    }
    for (const auto& found : {small_gtt(subject, gpu, ram, evidence), small_ram(gpu, ram)}) {
      if (found) {
        findings.push_back(*found);
      }
    }
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("no limit below the {} of memory", in_gib(ram));
    finding.evidence = evidence;
    if (const auto locked = locked_memory(subject.root)) {
      // mlock(2) is counted, what a GPU driver pins is not.
      finding.evidence.push_back("/proc/self/limits: locked memory " + *locked +
                                 "; HIP's pinned memory does not count");
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
