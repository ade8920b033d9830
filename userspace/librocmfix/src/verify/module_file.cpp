// SPDX-License-Identifier: MIT
#include "verify/module_file.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "machine/module_info.hpp"

namespace rocmfix::detail {
namespace {

// As unpack() has it for a packed one.
constexpr std::uint64_t max_size = std::uint64_t{512} << 20U;

// Notes size and sum (FNV-1a: two honest copies are told apart, no more).
Result<void> add_up(const RegularFile& module, ModuleIdentity& identity) {
  constexpr std::uint64_t piece = 1U << 20U;
  identity.size = module.size();
  identity.sum = 0xcbf29ce484222325U;
  for (std::uint64_t at = 0; at < module.size(); at += piece) {
    const auto bytes =
        module.read(at, static_cast<std::size_t>(std::min(piece, module.size() - at)));
    if (!bytes) {
      return fail(bytes.error());
    }
    for (const char c : *bytes) {
      identity.sum = (identity.sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  return {};
}

Result<ModuleIdentity> identify(RegularFile file, const std::string& path) {
  const auto module = unpacked_module(std::move(file));
  if (!module) {
    return fail(module.error());
  }
  if (module->size() > max_size) {
    return fail({ErrorCode::refused, module->name() + " is larger than any module", 0, ""});
  }
  const auto section = read_modinfo(*module);
  if (!section) {
    return fail(section.error());
  }
  ModuleIdentity identity;
  identity.path = path;
  std::string_view rest = *section;
  std::string_view key;
  std::string_view value;
  while (next_modinfo(rest, key, value)) {
    std::optional<std::string>* const field = key == "version"      ? &identity.version
                                              : key == "srcversion" ? &identity.srcversion
                                              : key == "rocmfix"    ? &identity.rocmfix
                                              : key == "vermagic"   ? &identity.vermagic
                                                                    : nullptr;
    if (field != nullptr) {
      *field = std::string(value);
    }
  }
  if (auto added = add_up(*module, identity); !added) {
    return fail(std::move(added.error()));
  }
  return identity;
}

}  // namespace

std::optional<bool> same_module(const ModuleIdentity& a, const ModuleIdentity& b) {
  if (a.size == b.size && a.sum == b.sum) {
    return true;
  }
  if (a.vermagic != b.vermagic || a.version != b.version || a.srcversion != b.srcversion ||
      a.rocmfix != b.rocmfix) {
    return false;
  }
  // Other bytes, same modinfo: the same source, stripped or signed on the way, when a srcversion
  // says so.
  return a.srcversion ? std::optional(true) : std::nullopt;
}

ModuleCollector::ModuleCollector() : packed_(::memfd_create("module.ko.packed", MFD_CLOEXEC)) {
  good_ = static_cast<bool>(packed_);
}

void ModuleCollector::add(std::string_view bytes) {
  size_ += bytes.size();
  good_ = good_ && size_ <= max_size && write_all(packed_.get(), bytes);
}

Result<ModuleIdentity> ModuleCollector::identify(const std::string& path, std::string name) && {
  if (!good_) {
    return fail(
        {ErrorCode::refused, name + " is larger than any module, or than the memory", 0, ""});
  }
  auto file = RegularFile::adopt(std::move(packed_), std::move(name));
  return file ? detail::identify(std::move(*file), path) : fail(file.error());
}

Result<ModuleIdentity> identify_module(const Root& root, const std::string& path) {
  auto file = RegularFile::open(root, path);
  return file ? identify(std::move(*file), path) : fail(file.error());
}

}  // namespace rocmfix::detail
