// SPDX-License-Identifier: MIT
// Words that a user or a machine may be called, and that mean something else nearly everywhere:
// replaced everywhere, "rocm" would take /opt/rocm away.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace rocmfix::detail {

/// Sorted, in lower case.
inline constexpr std::array<std::string_view, 181> technical_words = {
    "admin",     "administrator", "agent",    "alias",      "all",        "amd",
    "amdgpu",    "apt",           "arch",     "archlinux",  "audio",      "auto",
    "base",      "bin",           "board",    "boot",       "build",      "builder",
    "bus",       "cache",         "card",     "cards",      "centos",     "class",
    "cloud",     "code",          "comfyui",  "command",    "conda",      "config",
    "console",   "container",     "core",     "cpu",        "cuda",       "current",
    "data",      "debian",        "default",  "demo",       "desktop",    "dev",
    "develop",   "developer",     "device",   "devices",    "disk",       "display",
    "dist",      "dkms",          "docker",   "driver",     "drivers",    "drm",
    "env",       "environment",   "error",    "etc",        "fedora",     "file",
    "firmware",  "generic",       "gpu",      "gpus",       "group",      "guest",
    "hip",       "home",          "host",     "hsa",        "image",      "info",
    "initrd",    "install",       "iommu",    "ipython",    "jupyter",    "kali",
    "kernel",    "kfd",           "lib",      "lib64",      "linux",      "local",
    "log",       "machine",       "main",     "media",      "memory",     "mesa",
    "miniconda", "mint",          "mnt",      "mode",       "model",      "models",
    "module",    "modules",       "name",     "navi",       "nobody",     "node",
    "nodes",     "none",          "null",     "nvidia",     "ollama",     "opensuse",
    "opt",       "options",       "package",  "packages",   "parameters", "path",
    "pci",       "pip",           "plugdev",  "podman",     "power",      "proc",
    "program",   "project",       "projects", "properties", "pulse",      "python",
    "python3",   "pytorch",       "radeon",   "render",     "rocm",       "root",
    "run",       "sbin",          "script",   "server",     "service",    "share",
    "site",      "site-packages", "source",   "src",        "stable",     "state",
    "status",    "steam",         "storage",  "sudo",       "suse",       "sys",
    "system",    "temp",          "test",     "tester",     "testing",    "tmp",
    "topology",  "torch",         "train",    "training",   "ubuntu",     "uid",
    "update",    "updates",       "user",     "users",      "usr",        "var",
    "venv",      "venvs",         "version",  "video",      "vm",         "wheel",
    "whisper",   "work",          "worker",   "workspace",  "wsl",        "x11",
    "yolo"};
static_assert(std::is_sorted(technical_words.begin(), technical_words.end()));

inline bool is_technical_word(std::string_view word) {
  return std::binary_search(technical_words.begin(), technical_words.end(), word);
}

}  // namespace rocmfix::detail
