// SPDX-License-Identifier: MIT
#include "software/targets.hpp"

#include <algorithm>
#include <array>

#include "rocmfix/code_objects.hpp"

namespace rocmfix {
namespace detail {
namespace {

constexpr std::size_t longest_target = 32;
constexpr std::string_view spirv = "amdgcnspirv";

struct Machine {
  std::uint8_t number;
  std::string_view target;
};

// LLVM's BinaryFormat/ELF.h, EF_AMDGPU_MACH_AMDGCN_*; those of LLVM 22.
constexpr std::array machines = std::to_array<Machine>({
    {0x20, "gfx600"},          {0x21, "gfx601"},          {0x22, "gfx700"},
    {0x23, "gfx701"},          {0x24, "gfx702"},          {0x25, "gfx703"},
    {0x26, "gfx704"},          {0x28, "gfx801"},          {0x29, "gfx802"},
    {0x2a, "gfx803"},          {0x2b, "gfx810"},          {0x2c, "gfx900"},
    {0x2d, "gfx902"},          {0x2e, "gfx904"},          {0x2f, "gfx906"},
    {0x30, "gfx908"},          {0x31, "gfx909"},          {0x32, "gfx90c"},
    {0x33, "gfx1010"},         {0x34, "gfx1011"},         {0x35, "gfx1012"},
    {0x36, "gfx1030"},         {0x37, "gfx1031"},         {0x38, "gfx1032"},
    {0x39, "gfx1033"},         {0x3a, "gfx602"},          {0x3b, "gfx705"},
    {0x3c, "gfx805"},          {0x3d, "gfx1035"},         {0x3e, "gfx1034"},
    {0x3f, "gfx90a"},          {0x40, "gfx940"},          {0x41, "gfx1100"},
    {0x42, "gfx1013"},         {0x43, "gfx1150"},         {0x44, "gfx1103"},
    {0x45, "gfx1036"},         {0x46, "gfx1101"},         {0x47, "gfx1102"},
    {0x48, "gfx1200"},         {0x49, "gfx1250"},         {0x4a, "gfx1151"},
    {0x4b, "gfx941"},          {0x4c, "gfx942"},          {0x4e, "gfx1201"},
    {0x4f, "gfx950"},          {0x50, "gfx1310"},         {0x51, "gfx9-generic"},
    {0x52, "gfx10-1-generic"}, {0x53, "gfx10-3-generic"}, {0x54, "gfx11-generic"},
    {0x55, "gfx1152"},         {0x58, "gfx1153"},         {0x59, "gfx12-generic"},
    {0x5a, "gfx1251"},         {0x5b, "gfx12-5-generic"}, {0x5c, "gfx1172"},
    {0x5d, "gfx1170"},         {0x5e, "gfx1171"},         {0x5f, "gfx9-4-generic"},
    {0x62, "gfx11-7-generic"}, {0x63, "gfx13-generic"},
});

struct Generic {
  std::string_view generic;
  std::string_view target;
};

// LLVM's AMDGPUUsage, table "AMDGPU Generic Processors" (LLVM 20).
constexpr std::array generics = std::to_array<Generic>({
    {"gfx9-generic", "gfx900"},     {"gfx9-generic", "gfx902"},     {"gfx9-generic", "gfx904"},
    {"gfx9-generic", "gfx906"},     {"gfx9-generic", "gfx909"},     {"gfx9-generic", "gfx90c"},
    {"gfx9-4-generic", "gfx940"},   {"gfx9-4-generic", "gfx941"},   {"gfx9-4-generic", "gfx942"},
    {"gfx9-4-generic", "gfx950"},   {"gfx10-1-generic", "gfx1010"}, {"gfx10-1-generic", "gfx1011"},
    {"gfx10-1-generic", "gfx1012"}, {"gfx10-1-generic", "gfx1013"}, {"gfx10-3-generic", "gfx1030"},
    {"gfx10-3-generic", "gfx1031"}, {"gfx10-3-generic", "gfx1032"}, {"gfx10-3-generic", "gfx1033"},
    {"gfx10-3-generic", "gfx1034"}, {"gfx10-3-generic", "gfx1035"}, {"gfx10-3-generic", "gfx1036"},
    {"gfx11-generic", "gfx1100"},   {"gfx11-generic", "gfx1101"},   {"gfx11-generic", "gfx1102"},
    {"gfx11-generic", "gfx1103"},   {"gfx11-generic", "gfx1150"},   {"gfx11-generic", "gfx1151"},
    {"gfx11-generic", "gfx1152"},   {"gfx11-generic", "gfx1153"},   {"gfx12-generic", "gfx1200"},
    {"gfx12-generic", "gfx1201"},
});

}  // namespace

std::optional<std::string> bare_target(std::string_view target_id) {
  const std::string_view name = target_id.substr(0, target_id.find(':'));
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool is_name = name == spirv || (name.starts_with("gfx") && name.size() > 3);
  if (!is_name || name.size() > longest_target || !std::all_of(name.begin(), name.end(), allowed)) {
    return std::nullopt;
  }
  return std::string(name);
}

BundleId parse_bundle_id(std::string_view id) {
  // KIND-TRIPLE-TARGET; older compilers leave the environment's "-" out of the triple, and newer
  // ones write "unknown" there. "hip" is the kind of code objects before version 4, and of SPIR-V.
  const std::string_view kind = id.substr(0, id.find('-'));
  if (kind != "hip" && kind != "hipv4") {
    return {};
  }
  const std::string_view rest = id.substr(std::min(kind.size() + 1, id.size()));
  for (const std::string_view triple : {"amdgcn-amd-amdhsa-", "spirv64-amd-amdhsa-"}) {
    if (!rest.starts_with(triple)) {
      continue;
    }
    std::string_view target = rest.substr(triple.size());
    for (const std::string_view environment : {"-", "unknown-"}) {
      if (target.starts_with(environment)) {
        target.remove_prefix(environment.size());
        break;
      }
    }
    return {true, bare_target(target)};
  }
  return {true, std::nullopt};
}

std::optional<std::string> target_of_flags(std::uint32_t flags) {
  const auto* const found =
      std::find_if(machines.begin(), machines.end(),
                   [&](const Machine& machine) { return machine.number == (flags & 0xffU); });
  return found == machines.end() ? std::nullopt : std::optional(std::string(found->target));
}

}  // namespace detail

bool target_covers(std::string_view carried, std::string_view wanted) {
  carried = carried.substr(0, carried.find(':'));
  wanted = wanted.substr(0, wanted.find(':'));
  if (wanted.empty()) {
    return false;
  }
  if (carried == wanted || (carried == detail::spirv && wanted.starts_with("gfx"))) {
    return true;
  }
  return std::any_of(detail::generics.begin(), detail::generics.end(), [&](const auto& entry) {
    return entry.generic == carried && entry.target == wanted;
  });
}

}  // namespace rocmfix
