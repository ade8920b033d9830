// SPDX-License-Identifier: MIT
// Reads the topology. node_show(), mem_show() and iolink_show() only print what KFD remembers:
// none of them calls pm_runtime_get_sync() (6.1, 6.12), so a suspended GPU sleeps on.
#include "machine/kfd_topology.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view nodes_dir = "/sys/devices/virtual/kfd/kfd/topology/nodes";
constexpr std::size_t properties_limit = 64U << 10U;
constexpr std::uint64_t heap_fb_public = 1;  // HSA_MEM_HEAP_TYPE_*, linux/kfd_sysfs.h
constexpr std::uint64_t heap_fb_private = 2;
constexpr std::uint64_t most_vram_bytes = std::uint64_t{1} << 44U;  // 16 TiB: above it is garbage

using Properties = std::map<std::string, std::uint64_t, std::less<>>;

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

// Lines of "name value"; anything else is ignored.
Properties read_properties(const Root& root, const std::string& path) {
  Properties properties;
  const auto text = root.read(path, properties_limit);
  if (!text) {
    return properties;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) {
      continue;
    }
    if (const auto value = parse<std::uint64_t>(line.substr(blank + 1))) {
      properties.emplace(line.substr(0, blank), *value);
    }
  }
  return properties;
}

std::optional<std::uint32_t> property(const Properties& properties, std::string_view name) {
  const auto found = properties.find(name);
  if (found == properties.end() || found->second > UINT32_MAX) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(found->second);
}

std::optional<std::uint64_t> read_vram(const Root& root, const std::string& node) {
  std::uint64_t total = 0;
  const std::string banks = node + "/mem_banks";
  for (const std::string& bank : root.list(banks)) {
    const Properties memory = read_properties(root, formatted("{}/{}/properties", banks, bank));
    const auto heap = memory.find("heap_type");
    const auto size = memory.find("size_in_bytes");
    if (heap == memory.end() || size == memory.end() ||
        (heap->second != heap_fb_public && heap->second != heap_fb_private)) {
      continue;
    }
    if (size->second > most_vram_bytes - total) {
      return std::nullopt;
    }
    total += size->second;
  }
  return total > 0 ? std::optional(total) : std::nullopt;
}

}  // namespace

std::vector<KfdNode> read_kfd_gpu_nodes(const Root& root) {
  std::vector<KfdNode> nodes;
  for (const std::string& name : root.list(nodes_dir)) {
    const auto number = parse<unsigned>(name);
    if (!number) {
      continue;
    }
    const std::string directory = formatted("{}/{}", nodes_dir, name);
    const Properties properties = read_properties(root, directory + "/properties");
    if (property(properties, "simd_count").value_or(0) == 0) {
      continue;
    }
    KfdNode node;
    node.number = *number;
    node.gfx_target = property(properties, "gfx_target_version");
    node.vendor_id = property(properties, "vendor_id");
    node.device_id = property(properties, "device_id");
    node.location_id = property(properties, "location_id");
    node.domain = property(properties, "domain");
    node.vram_bytes = read_vram(root, directory);
    node.has_cpu_cores = property(properties, "cpu_cores_count").value_or(0) > 0;
    nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const KfdNode& a, const KfdNode& b) { return a.number < b.number; });
  return nodes;
}

std::optional<std::string> gfx_name(std::uint32_t gfx_target) {
  const std::uint32_t major = gfx_target / 10000;
  const std::uint32_t minor = gfx_target / 100 % 100;
  const std::uint32_t stepping = gfx_target % 100;
  // gfx7 is the first that KFD drives; a name has one hexadecimal digit each for the last two.
  if (major < 7 || major > 99 || minor > 15 || stepping > 15) {
    return std::nullopt;
  }
  return formatted("gfx{}{:x}{:x}", major, minor, stepping);
}

}  // namespace rocmfix::detail
