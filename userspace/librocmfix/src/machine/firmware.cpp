// SPDX-License-Identifier: MIT
#include "machine/firmware.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/regular_file.hpp"
#include "base/unpack.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

// struct common_firmware_header, amdgpu_ucode.h (6.1 to 7.3): size_bytes, header_size_bytes, four
// u16, ucode_version, ucode_size_bytes, ucode_array_offset_bytes, crc32.
constexpr std::size_t header_bytes = 32;
constexpr std::size_t size_offset = 0;
constexpr std::size_t header_size_offset = 4;
constexpr std::size_t version_offset = 16;
constexpr std::uint64_t most_bytes = 16U << 20U;  // a MEC image has 268 KB

// fw_get_filesystem_firmware(), drivers/base/firmware_loader/main.c
std::vector<std::string> firmware_directories(const Root& root, std::string_view release) {
  std::vector<std::string> directories;
  if (auto custom = root.read_line("/sys/module/firmware_class/parameters/path")) {
    directories.push_back(std::move(*custom));
  }
  for (const std::string_view base : {"/lib/firmware/updates", "/lib/firmware"}) {
    if (!release.empty()) {
      directories.push_back(formatted("{}/{}", base, release));
    }
    directories.emplace_back(base);
  }
  return directories;
}

Error refused(const RegularFile& file, std::string_view what) {
  Error error = file.malformed(what);
  error.hint = "install the package with the GPU's firmware again";
  return error;
}

/// The first bytes of what the file holds, and how much that is.
struct Image {
  std::string header;
  std::uint64_t size = 0;
};

Result<Image> read_image(const RegularFile& file) {
  auto first = file.read(0, std::min<std::uint64_t>(file.size(), header_bytes));
  if (!first) {
    return fail(std::move(first.error()));
  }
  const Packing packing = packing_of(*first);
  if (packing == Packing::none) {
    return Image{std::move(*first), file.size()};
  }
  Image image;
  const auto unpacked = unpack(file, packing, [&](std::string_view piece) {
    image.header.append(
        piece.substr(0, header_bytes - std::min(header_bytes, image.header.size())));
    image.size += piece.size();
    return image.size <= most_bytes;
  });
  if (!unpacked) {
    return fail(image.size > most_bytes ? refused(file, "larger than any firmware of a GPU")
                                        : unpacked.error());
  }
  return image;
}

}  // namespace

std::optional<std::uint32_t> read_loaded_mec(const Root& root, const std::string& directory) {
  const auto version = root.read_number(directory + "/fw_version/mec_fw_version");
  if (!version || *version == 0 || *version > UINT32_MAX) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*version);
}

std::optional<std::string> find_firmware(const Root& root, std::string_view name,
                                         std::string_view release) {
  const std::vector<std::string> directories = firmware_directories(root, release);
  constexpr std::array<std::string_view, 3> endings = {"", ".zst", ".xz"};
  for (const std::string_view ending : endings) {
    for (const std::string& directory : directories) {
      std::string path = formatted("{}/{}{}", directory, name, ending);
      // What may not be looked at may be there: to read it fails with the reason.
      if (const auto status = root.status(path); status || status.error().errnum == EACCES) {
        return path;
      }
    }
  }
  return std::nullopt;
}

Result<std::uint32_t> read_firmware_version(const Root& root, const std::string& path) {
  const auto file = RegularFile::open(root, path);
  if (!file) {
    return fail(file.error());
  }
  const auto image = read_image(*file);
  if (!image) {
    return fail(image.error());
  }
  // amdgpu_ucode_validate() asks for the size, too.
  if (image->header.size() < header_bytes || read_u32(image->header, size_offset) != image->size ||
      read_u32(image->header, header_size_offset) < header_bytes ||
      read_u32(image->header, header_size_offset) > image->size) {
    return fail(refused(*file, "not the firmware of a GPU, or truncated"));
  }
  return read_u32(image->header, version_offset);
}

}  // namespace rocmfix::detail
