// SPDX-License-Identifier: MIT
// Inside a container: whether the GPU's device nodes were handed on, and may be used. Says nothing
// on a host.
#include "doctor/container_kind.hpp"

#include <algorithm>

#include "doctor/gpu_access.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

/// nullopt: it is no file system of its own, or of no known size.
std::optional<std::uint64_t> shared_memory_kib(const Root& root) {
  const auto mounts = root.read("/proc/self/mounts", 1U << 20U);
  for (const std::string_view line : lines_of(mounts ? *mounts : std::string_view())) {
    const auto words = words_of(line);
    if (words.size() < 4 || words[1] != "/dev/shm") {
      continue;
    }
    for (std::string_view option : split(words[3], ',')) {
      constexpr std::string_view size = "size=";
      if (option.starts_with(size) && option.ends_with('k')) {
        option.remove_suffix(1);
        return parse_number(option.substr(size.size()));
      }
    }
  }
  return std::nullopt;
}

/// Numbers: the container's /etc/group need not know the host's groups by name.
std::string group_options(const ContainerKind& kind, const std::vector<DeviceNode>& nodes) {
  if (kind.rootless) {
    return " --group-add keep-groups";
  }
  std::string options;
  std::vector<std::uint32_t> seen;
  for (const DeviceNode& node : nodes) {
    if (!node.status) {
      // For the host's shell, which sees the node.
      options += formatted(" --group-add $(stat -c %g {})", node.path);
    } else if (node.status->group != 0 &&
               std::find(seen.begin(), seen.end(), node.status->group) == seen.end()) {
      seen.push_back(node.status->group);
      options += formatted(" --group-add {}", node.status->group);
    }
  }
  return options;
}

void advise(const ContainerKind& kind, const std::vector<DeviceNode>& nodes, Finding& finding) {
  if (kind.engine == "kubernetes") {
    finding.remedy =
        "AMD's device plugin hands the nodes to a pod whose container has `resources: limits: "
        "amd.com/gpu: 1`.";
    finding.source = "github.com/ROCm/k8s-device-plugin";
  } else if (kind.engine == "lxc") {
    finding.remedy =
        "On the host, hand on /dev/kfd and the render node, with the number that the group render "
        "has in the container: in Proxmox `pct set ID --dev0 /dev/kfd,gid=NUMBER --dev1 "
        "/dev/dri/renderD128,gid=NUMBER`, in Incus a device of the type unix-char for each.";
    finding.command = "getent group render";
    finding.source = "pct(1)";
  } else if (kind.engine == "systemd-nspawn") {
    finding.remedy = "Start it on the host with the nodes, and with leave to use them.";
    finding.command =
        "systemd-nspawn --bind=/dev/kfd --bind=/dev/dri --property=DeviceAllow='/dev/kfd rw' "
        "--property=DeviceAllow='char-drm rw' -D DIRECTORY";
    finding.source = "systemd-nspawn(1)";
  } else {
    finding.remedy =
        "Start it on the host with these options; -v in place of --device shows the nodes "
        "but does not permit their use.";
    finding.command =
        formatted("{} run --device /dev/kfd --device /dev/dri{} IMAGE",
                  kind.engine == "podman" ? "podman" : "docker", group_options(kind, nodes));
    if (kind.rootless) {
      finding.remedy += " keep-groups needs the runtime crun.";
    }
  }
}

bool is_confined(const Root& root) {
  const auto label = root.read_line("/proc/self/attr/current");
  return label && label->find(":container_t:") != std::string::npos;
}

Finding no_access(const Subject& subject, const ContainerKind& kind,
                  const std::vector<DeviceNode>& nodes, bool missing, bool blocked) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  if (missing) {
    finding.summary = formatted("this {} has no device nodes of the GPU", kind.engine);
  } else if (blocked && is_confined(subject.root)) {
    finding.summary = "SELinux keeps this container from the GPU's device nodes";
    finding.remedy = "On the host, allow containers to use the devices that they are given.";
    finding.command = "sudo setsebool -P container_use_devices=true";
    finding.source = "container_selinux(8)";
    return finding;
  } else {
    finding.summary =
        formatted("this {} has the GPU's device nodes, but may not open them", kind.engine);
  }
  advise(kind, nodes, finding);
  return finding;
}

Finding small_shared_memory(std::uint64_t kib, const ContainerKind& kind) {
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.summary = formatted("/dev/shm has {} MiB", kib >> 10U);
  finding.evidence.push_back(formatted("/proc/self/mounts: /dev/shm size={}k", kib));
  finding.remedy =
      "PyTorch's DataLoader workers hand their batches on through it, and end with \"Bus error\" "
      "when it is full. On the host, start the container with more.";
  finding.command =
      formatted("{} run --shm-size 8g ...", kind.engine == "podman" ? "podman" : "docker");
  finding.grade = "U";
  finding.source = "PyTorch's README, Docker image";
  return finding;
}

}  // namespace

Findings container(const Subject& subject) {
  const auto kind = container_kind(subject);
  if (!kind) {
    return {};
  }
  const Root& root = subject.root;
  const auto user = gpu_user(subject);
  const std::vector<DeviceNode> nodes = gpu_nodes(subject);
  Finding finding;
  bool missing = false;
  bool denied = false;
  bool blocked = false;
  for (const DeviceNode& node : nodes) {
    const NodeAccess access = user ? access_to(node, *user, root) : NodeAccess::unknown;
    missing = missing || access == NodeAccess::missing;
    denied = denied || access == NodeAccess::denied;
    blocked = blocked || access == NodeAccess::blocked;
  }
  if (missing || denied || blocked) {
    finding = no_access(subject, *kind, nodes, missing, blocked && !denied);
  } else if (!user) {
    finding.summary = "whose access to the device nodes counts is not known";
  } else {
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("this {} has the GPU's device nodes", kind->engine);
  }
  finding.evidence.push_back(kind->evidence + (kind->rootless ? "; rootless" : ""));
  for (const DeviceNode& node : nodes) {
    finding.evidence.push_back(describe(node, root));
  }
  Findings findings = {finding};
  // Docker's and podman's default.
  constexpr std::uint64_t small_kib = 64U << 10U;
  if (const auto kib = shared_memory_kib(root); kib && *kib <= small_kib) {
    findings.push_back(small_shared_memory(*kib, *kind));
  }
  return findings;
}

}  // namespace rocmfix::detail
