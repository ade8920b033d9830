// SPDX-License-Identifier: MIT
#include "rocmfix/code_objects.hpp"

#include <elf.h>

#include <algorithm>

#include "base/elf64.hpp"
#include "base/regular_file.hpp"
#include "software/kpack.hpp"
#include "software/offload_bundle.hpp"
#include "software/targets.hpp"

namespace rocmfix {
namespace {

using detail::BundleFindings;
using detail::ElfSection;
using detail::RegularFile;

constexpr std::uint8_t os_abi_amdgpu_hsa = 64;
constexpr std::uint64_t wrapper_size = 24;  // __CudaFatBinaryWrapper of clang's CGCUDANV.cpp
// The runtime reads no more of a marker either.
constexpr std::uint64_t most_marker_bytes = 64U << 10U;
constexpr std::size_t first_bytes = 32;

class Reader {
 public:
  Reader(const Root& root, std::string_view path, const RegularFile& file)
      : root_(root), path_(path), file_(file) {}

  Result<CodeObjects> read() {
    const auto head = file_.read(0, std::min<std::uint64_t>(first_bytes, file_.size()));
    if (!head) {
      return fail(head.error());
    }
    Result<void> done;
    if (detail::is_bundle(*head)) {
      done = detail::read_bundles(file_, {0, file_.size()}, findings_);
    } else {
      done = read_elf();
    }
    if (!done) {
      return fail(std::move(done.error()));
    }
    objects_.targets.assign(findings_.targets().begin(), findings_.targets().end());
    objects_.bundles = findings_.bundles();
    objects_.unread = findings_.unread();
    return std::move(objects_);
  }

 private:
  Result<void> read_elf() {
    const auto header = detail::read_elf_header(file_);
    if (!header) {
      return fail(header.error());
    }
    if (header->machine == EM_AMDGPU) {
      read_code_object(*header);
      return {};
    }
    const auto sections = detail::read_elf_sections(file_, *header);
    if (!sections) {
      return fail(sections.error());
    }
    for (const ElfSection& section : *sections) {
      Result<void> done;
      if (section.name == ".hip_fatbin") {
        done =
            detail::read_bundles(file_, {section.offset, section.offset + section.size}, findings_);
      } else if (section.name == ".hipFatBinSegment") {
        objects_.wrappers += section.size / wrapper_size;
      } else if (section.name == ".rocm_kpack_ref") {
        done = read_marker(section);
      }
      if (!done) {
        return done;
      }
    }
    return {};
  }

  // Another ABI than HSA's (graphics) is nothing that HIP loads.
  void read_code_object(const detail::ElfHeader& header) {
    if (header.os_abi != os_abi_amdgpu_hsa) {
      return;
    }
    findings_.add_bundle();
    if (auto target = detail::target_of_flags(header.flags)) {
      findings_.add_target(std::move(*target));
    } else {
      findings_.add_unread("a code object whose ISA target is not known");
    }
  }

  Result<void> read_marker(const ElfSection& section) {
    const auto bytes =
        file_.read(section.offset, std::min<std::uint64_t>(section.size, most_marker_bytes));
    if (!bytes) {
      return fail(bytes.error());
    }
    auto paths = detail::parse_kpack_marker(*bytes, file_.name());
    if (!paths) {
      return fail(std::move(paths.error()));
    }
    for (const std::string& file : detail::find_kpack_files(root_, path_, *paths)) {
      const auto targets = read_kpack_targets(root_, file);
      if (!targets) {
        findings_.add_unread(to_string(targets.error()));
        continue;
      }
      objects_.kpack_files.push_back(file);
      for (const std::string& target : *targets) {
        findings_.add_target(target);
      }
    }
    objects_.kpack_paths = std::move(*paths);
    return {};
  }

  const Root& root_;
  std::string_view path_;
  const RegularFile& file_;
  BundleFindings findings_;
  CodeObjects objects_;
};

// On the running system, where a path may be relative.
template <class Function>
auto on_system(const std::filesystem::path& file, Function function)
    -> decltype(function(std::declval<const Root&>(), std::string_view())) {
  const auto root = Root::open();
  if (!root) {
    return fail(root.error());
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error);
  return function(*root, std::string_view(error ? file.native() : absolute.native()));
}

}  // namespace

bool CodeObjects::complete() const {
  if (!unread.empty()) {
    return false;
  }
  return kpack_paths.empty() ? wrappers == 0 || wrappers == bundles : !kpack_files.empty();
}

Result<CodeObjects> read_code_objects(const Root& root, std::string_view path) {
  const auto file = RegularFile::open(root, path);
  if (!file) {
    return fail(file.error());
  }
  return Reader(root, path, *file).read();
}

Result<CodeObjects> read_code_objects(const std::filesystem::path& file) {
  return on_system(
      file, [](const Root& root, std::string_view path) { return read_code_objects(root, path); });
}

Result<std::vector<std::string>> read_kpack_targets(const std::filesystem::path& file) {
  return on_system(
      file, [](const Root& root, std::string_view path) { return read_kpack_targets(root, path); });
}

TensileTargets read_tensile_folder(const std::filesystem::path& folder) {
  const auto root = Root::open();
  std::error_code error;
  return root ? read_tensile_folder(*root, std::filesystem::absolute(folder, error).native())
              : TensileTargets{};
}

}  // namespace rocmfix
