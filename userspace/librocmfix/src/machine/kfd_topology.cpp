// SPDX-License-Identifier: MIT
// Reads the topology. node_show(), mem_show() and iolink_show() only print what KFD remembers:
// none of them calls pm_runtime_get_sync() (6.1, 6.12), so a suspended GPU sleeps on.
#include "machine/kfd_topology.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view nodes_dir = "/sys/devices/virtual/kfd/kfd/topology/nodes";
constexpr std::size_t properties_limit = 64U << 10U;
constexpr std::uint64_t heap_fb_public = 1;  // HSA_MEM_HEAP_TYPE_*, linux/kfd_sysfs.h
constexpr std::uint64_t heap_fb_private = 2;
constexpr std::uint32_t link_pcie = 2;     // CRAT_IOLINK_TYPE_PCIEXPRESS, kfd_crat.h
constexpr std::uint32_t link_enabled = 1;  // CRAT_IOLINK_FLAGS_*
constexpr std::uint32_t no_atomics_32 = 4;
constexpr std::uint32_t no_atomics_64 = 8;
constexpr std::uint64_t most_vram_bytes = std::uint64_t{1} << 44U;  // 16 TiB: above it is garbage

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

/// A file's lines of "name value"; anything else in it is ignored. Of dozens, few are wanted:
/// nothing is parsed or copied before it is asked for.
class Properties {
 public:
  Properties(const Root& root, const std::string& path) {
    auto text = root.read(path, properties_limit);
    if (!text) {
      return;
    }
    text_ = std::move(*text);
    lines_.reserve(64);
    for (std::string_view rest = text_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (const auto blank = line.find(' '); blank != std::string_view::npos) {
        lines_.emplace_back(line.substr(0, blank), line.substr(blank + 1));
      }
    }
  }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;
  Properties(Properties&&) = delete;
  Properties& operator=(Properties&&) = delete;
  ~Properties() = default;

  /// The first one of that name that is a number.
  template <class Number>
  [[nodiscard]] std::optional<Number> find(std::string_view name) const {
    for (const auto& [line_name, value] : lines_) {
      if (line_name == name) {
        if (const auto number = parse<Number>(value)) {
          return number;
        }
      }
    }
    return std::nullopt;
  }

 private:
  std::string text_;
  std::vector<std::pair<std::string_view, std::string_view>> lines_;  // of text_
};

std::optional<std::uint64_t> read_vram(const Root& root, const std::string& node) {
  std::uint64_t total = 0;
  const std::string banks = node + "/mem_banks";
  for (const std::string& bank : root.list(banks)) {
    const Properties memory(root, formatted("{}/{}/properties", banks, bank));
    const auto heap = memory.find<std::uint64_t>("heap_type");
    const auto size = memory.find<std::uint64_t>("size_in_bytes");
    const bool is_vram = heap && (*heap == heap_fb_public || *heap == heap_fb_private);
    if (!is_vram || !size) {
      continue;
    }
    if (*size > most_vram_bytes - total) {
      return std::nullopt;
    }
    total += *size;
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
    const Properties properties(root, directory + "/properties");
    const auto property = [&](std::string_view wanted) {
      return properties.find<std::uint32_t>(wanted);
    };
    if (property("simd_count").value_or(0) == 0) {
      continue;
    }
    KfdNode node;
    node.number = *number;
    node.gfx_target = property("gfx_target_version");
    node.vendor_id = property("vendor_id");
    node.device_id = property("device_id");
    node.location_id = property("location_id");
    node.domain = property("domain");
    node.vram_bytes = read_vram(root, directory);
    node.has_cpu_cores = property("cpu_cores_count").value_or(0) > 0;
    nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const KfdNode& a, const KfdNode& b) { return a.number < b.number; });
  return nodes;
}

// kfd_set_iolink_no_atomics() marks all PCIe links of a GPU alike.
std::optional<bool> has_pcie_atomics(const Root& root, unsigned node) {
  const std::string links = formatted("{}/{}/io_links", nodes_dir, node);
  for (const std::string& name : root.list(links)) {
    const Properties link(root, formatted("{}/{}/properties", links, name));
    const auto type = link.find<std::uint32_t>("type");
    const auto flags = link.find<std::uint32_t>("flags");
    if (type == link_pcie && flags && (*flags & link_enabled) != 0) {
      return (*flags & (no_atomics_32 | no_atomics_64)) == 0;
    }
  }
  return std::nullopt;
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
