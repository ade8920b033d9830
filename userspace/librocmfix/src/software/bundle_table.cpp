// SPDX-License-Identifier: MIT
#include "software/bundle_table.hpp"

#include <algorithm>

#include "software/targets.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t count_offset = plain_magic.size();
constexpr std::size_t entries_offset = count_offset + 8;
constexpr std::size_t entry_size = 24;  // offset, size, length of the id; the id follows

}  // namespace

Table read_table(std::string_view bytes, std::uint64_t size, BundleFindings& findings) {
  if (bytes.size() < entries_offset) {
    return {bytes.size() < size ? TableState::too_short : TableState::malformed, 0};
  }
  const std::uint64_t count = read_u64(bytes, count_offset);
  if (count > most_table_bytes / entry_size) {
    return {};
  }
  BundleFindings found;
  std::size_t at = entries_offset;
  std::uint64_t end = entries_offset;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.size() - at < entry_size) {
      return {bytes.size() < size ? TableState::too_short : TableState::malformed, 0};
    }
    const std::uint64_t code_offset = read_u64(bytes, at);
    const std::uint64_t code_size = read_u64(bytes, at + 8);
    const std::uint64_t id_size = read_u64(bytes, at + 16);
    at += entry_size;
    if (id_size > most_table_bytes) {
      return {};
    }
    if (bytes.size() - at < id_size) {
      return {bytes.size() < size ? TableState::too_short : TableState::malformed, 0};
    }
    const BundleId id = parse_bundle_id(bytes.substr(at, id_size));
    at += id_size;
    if (code_size == 0) {  // the host's place, or a target that was left out
      continue;
    }
    if (code_offset > size || code_size > size - code_offset) {
      return {};
    }
    end = std::max(end, code_offset + code_size);
    if (id.target) {
      found.add_target(*id.target);
    } else if (id.for_hip) {
      found.add_unread("a bundle contains HIP code for an unknown ISA target");
    }
  }
  for (const std::string& target : found.targets()) {
    findings.add_target(target);
  }
  for (const std::string& why : found.unread()) {
    findings.add_unread(why);
  }
  return {TableState::read, std::max<std::uint64_t>(end, at)};
}

}  // namespace rocmfix::detail
