// SPDX-License-Identifier: MIT
// libFuzzer target: all of `rocmfix doctor`, on a machine whose files have any contents. An input
// is parts between NULs: the first byte of a part says which file it is, or which variable of the
// environment. Besides what the sanitizers find it holds that the examination ends with an answer,
// and that its document can be read.
#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "fuzzing.hpp"
#include "rocmfix/doctor.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

const std::string port = "/sys/devices/pci0000:00/0000:00:01.0/";
const std::string card = port + "0000:03:00.0/";
const std::string node = "/sys/devices/virtual/kfd/kfd/topology/nodes/1/";

struct File {
  std::string path;
  std::string_view usual;  ///< empty: it is missing
};

const std::array<File, 48> files = {{
    {card + "vendor", "0x1002\n"},
    {card + "device", "0x731f\n"},
    {card + "class", "0x030000\n"},
    {card + "revision", "0xca\n"},
    {card + "uevent", "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00.0\n"},
    {card + "mem_info_vram_total", "6425673728\n"},
    {card + "mem_info_vram_used", "25673728\n"},
    {card + "mem_info_gtt_total", "8325673728\n"},
    {card + "current_link_speed", "8.0 GT/s PCIe\n"},
    {card + "current_link_width", "16\n"},
    {card + "max_link_speed", "16.0 GT/s PCIe\n"},
    {card + "max_link_width", "16\n"},
    {card + "fw_version/mec_fw_version", "0x0000009d\n"},
    {card + "power/runtime_status", "active\n"},
    {card + "resource", ""},
    {port + "max_link_speed", "16.0 GT/s PCIe\n"},
    {port + "max_link_width", "16\n"},
    {node + "properties", "gfx_target_version 100100\nlocation_id 768\ndomain 0\nvendor_id 4098\n"},
    {node + "gpu_id", "4711\n"},
    {node + "io_links/0/properties", "type 2\nflags 1\n"},
    {"/proc/sys/kernel/osrelease", "6.1.0-56-amd64\n"},
    {"/proc/version", "Linux version 6.1.0-56-amd64 (Debian 6.1.192-2)\n"},
    {"/proc/cmdline", "root=/dev/sda1 quiet\n"},
    {"/proc/meminfo", "MemTotal:       16303428 kB\n"},
    {"/proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nGroups:\t44 105\n"},
    {"/proc/self/limits", ""},
    {"/proc/self/cgroup", "0::/user.slice\n"},
    {"/proc/self/mounts", ""},
    {"/proc/1/cgroup", "0::/init.scope\n"},
    {"/sys/fs/cgroup/user.slice/memory.max", ""},
    {"/sys/module/amdgpu/parameters/noretry", "-1\n"},
    {"/sys/module/amdgpu/parameters/gttsize", "-1\n"},
    {"/sys/module/amdgpu/parameters/ppfeaturemask", "0xfff7bfff\n"},
    {"/sys/kernel/security/lockdown", "[none] integrity confidentiality\n"},
    {"/etc/modprobe.d/a.conf", ""},
    {"/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
    {"/etc/group", "video:x:44:\nrender:x:105:\n"},
    {"/etc/environment", ""},
    {"/etc/profile.d/rocm.sh", ""},
    {"/etc/fish/config.fish", ""},
    {"/etc/systemd/system/ollama.service", ""},
    {"/etc/systemd/system/ollama.service.d/a.conf", ""},
    {"/etc/rocmfix/settings.toml", ""},
    {"/home/u/.profile", ""},
    {"/home/u/.config/fish/fish_variables", ""},
    {"/var/log/kern.log", ""},
    {"/var/log/syslog.1", ""},
    {"/run/.containerenv", ""},
}};
const std::array<std::string, 8> variables = {
    "HSA_OVERRIDE_GFX_VERSION", "HIP_VISIBLE_DEVICES",      "ROCR_VISIBLE_DEVICES",
    "LD_LIBRARY_PATH",          "MIOPEN_DEBUG_CONV_GEMM",   "HOME",
    "HSA_ENABLE_SDMA",          "PYTORCH_TUNABLEOP_ENABLED"};

/// What the next input begins with.
void restore(const fuzz::Machine& machine, std::set<std::size_t>& changed) {
  for (const std::size_t one : changed) {
    const File& file = files.at(one);
    if (file.usual.empty()) {
      std::filesystem::remove(machine.root().host_path(file.path));
    } else {
      machine.put(file.path, file.usual);
    }
  }
  changed.clear();
}

void prepare(const fuzz::Machine& machine) {
  for (const File& file : files) {
    if (!file.usual.empty()) {
      machine.put(file.path, file.usual);
    }
  }
  const auto devices = machine.root().dir() / "sys/bus/pci/devices";
  const auto kfd = machine.root().dir() / "sys/class/kfd";
  std::filesystem::create_directories(devices);
  std::filesystem::create_directories(kfd);
  std::filesystem::create_symlink("../../../devices/pci0000:00/0000:00:01.0/0000:03:00.0",
                                  devices / "0000:03:00.0");
  std::filesystem::create_symlink("../../devices/virtual/kfd/kfd", kfd / "kfd");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static std::set<std::size_t> changed;
  static const bool prepared = (prepare(machine), true);
  require(prepared, "the machine is there");
  restore(machine, changed);
  Circumstances circumstances;
  circumstances.environment["HOME"] = "/home/u";
  for (std::string_view rest = fuzz::text_of(data, size); !rest.empty();) {
    const std::string_view part = fuzz::take_part(rest, '\0');
    if (part.empty()) {
      continue;
    }
    const auto number =
        static_cast<unsigned char>(part.front()) % (files.size() + variables.size());
    if (number < files.size()) {
      machine.put(files.at(number).path, part.substr(1));
      changed.insert(number);
    } else {
      circumstances.environment[variables.at(number - files.size())] = part.substr(1);
    }
  }
  const Root root = machine.root();
  const auto examination = examine(root, circumstances);
  require(examination.has_value(), "no file takes all answers away");
  require(!examination->results.empty(), "a check was made");
  for (const CheckResult& result : examination->results) {
    require(!result.finding.summary.empty(), "a finding says what was found");
    require(result.finding.summary.find("the check failed") != 0, "no check throws");
    require(result.finding.command.find('\n') == std::string::npos, "a command is one line");
  }
  const auto document = nlohmann::json::parse(doctor_json(*examination), nullptr, false);
  require(document.is_object() && document["ok"] == examination->ok(), "the document");
  return 0;
}
