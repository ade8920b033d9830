// SPDX-License-Identifier: MIT
// The MEC firmware of a GPU: which file, where the kernel finds it, and the version in its header.
#include "machine/firmware.hpp"

#include <gtest/gtest.h>
#include <lzma.h>
#include <zstd.h>

#include <array>

#include "base/distribution.hpp"
#include "machine/firmware_rules.hpp"
#include "rocmfix/gpu.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

constexpr std::string_view name = "amdgpu/navi14_mec_wks.bin";
constexpr std::string_view release = "6.12.117+deb13-amd64";

// A file as linux-firmware has it: common_firmware_header, then the image.
std::string image(std::uint32_t version, std::size_t size = 4096) {
  const std::array<std::uint32_t, 8> header = {
      static_cast<std::uint32_t>(size), 44, 1, 10, version, 2048, 256, 0};
  std::string bytes(reinterpret_cast<const char*>(header.data()), sizeof header);
  bytes.resize(size, '\x5a');
  return bytes;
}

std::string in_zstd(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

std::string in_xz(const std::string& bytes) {
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t length = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr,
                                    reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                    bytes.size(), reinterpret_cast<std::uint8_t*>(packed.data()),
                                    &length, packed.size()),
            LZMA_OK);
  packed.resize(length);
  return packed;
}

std::string version_of(const TemporaryTree& tree) {
  const Root root = tree.root();
  const auto path = find_firmware(root, name, release);
  if (!path) {
    return "none";
  }
  const auto version = read_firmware_version(root, *path);
  return version ? std::to_string(*version)
                 : version.error().what.substr(tree.at("/").string().size() - 1);
}

TEST(Firmware, IsReadPlainAndPacked) {
  const TemporaryTree plain;
  plain.write("/lib/firmware/amdgpu/navi14_mec_wks.bin", image(123));
  EXPECT_EQ(version_of(plain), "123");
  const TemporaryTree xz;
  xz.write("/lib/firmware/amdgpu/navi14_mec_wks.bin.xz", in_xz(image(146)));
  EXPECT_EQ(version_of(xz), "146");
  const TemporaryTree zst;
  zst.write("/lib/firmware/amdgpu/navi14_mec_wks.bin.zst", in_zstd(image(157)));
  EXPECT_EQ(version_of(zst), "157");
}

TEST(Firmware, IsSearchedForInTheOrderOfTheKernelsLoader) {
  const TemporaryTree tree;
  EXPECT_EQ(version_of(tree), "none");
  tree.write("/lib/firmware/amdgpu/navi14_mec_wks.bin.xz", in_xz(image(1)));
  EXPECT_EQ(version_of(tree), "1");
  tree.write("/lib/firmware/updates/amdgpu/navi14_mec_wks.bin.zst", in_zstd(image(2)));
  EXPECT_EQ(version_of(tree), "2");
  tree.write("/lib/firmware/amdgpu/navi14_mec_wks.bin", image(3));
  EXPECT_EQ(version_of(tree), "3") << "what is not packed comes before all that is";
  tree.write("/lib/firmware/6.12.117+deb13-amd64/amdgpu/navi14_mec_wks.bin", image(4));
  EXPECT_EQ(version_of(tree), "4");
  tree.write("/lib/firmware/updates/amdgpu/navi14_mec_wks.bin", image(5));
  EXPECT_EQ(version_of(tree), "5");
  tree.write("/lib/firmware/updates/6.12.117+deb13-amd64/amdgpu/navi14_mec_wks.bin", image(6));
  EXPECT_EQ(version_of(tree), "6");
  tree.write("/opt/fw/amdgpu/navi14_mec_wks.bin", image(7));
  tree.write("/sys/module/firmware_class/parameters/path", "/opt/fw\n");
  EXPECT_EQ(version_of(tree), "7");
  tree.write("/sys/module/firmware_class/parameters/path", "\n");
  EXPECT_EQ(version_of(tree), "6");
}

TEST(Firmware, AFileThatIsNoneIsRefused) {
  constexpr std::string_view path = "/lib/firmware/amdgpu/navi14_mec_wks.bin";
  const std::string no = std::string(path) + ": not the firmware of a GPU, or truncated";
  const TemporaryTree tree;
  tree.write(path, "");
  EXPECT_EQ(version_of(tree), no);
  tree.write(path, image(123).substr(0, 31));
  EXPECT_EQ(version_of(tree), no);
  tree.write(path, image(123).substr(0, 4095));
  EXPECT_EQ(version_of(tree), no);
  tree.write(path, std::string(4096, '\xff'));
  EXPECT_EQ(version_of(tree), no);
  std::string small_header = image(123);
  small_header[4] = 8;
  tree.write(path, small_header);
  EXPECT_EQ(version_of(tree), no);
  tree.write(path, in_xz(image(123)).substr(0, 60));
  EXPECT_EQ(version_of(tree), std::string(path) + ": truncated or damaged");
}

TEST(Firmware, AFileThatUnpacksToAnythingIsGivenUp) {
  const TemporaryTree tree;
  tree.write("/lib/firmware/amdgpu/navi14_mec_wks.bin.zst", in_zstd(image(1, 64U << 20U)));
  const std::string answer = version_of(tree);
  EXPECT_TRUE(answer.find("larger than") != std::string::npos) << answer;
}

TEST(Firmware, AFolderOrAFifoInsteadOfAFileIsAnError) {
  const TemporaryTree tree;
  tree.write("/lib/firmware/amdgpu/navi14_mec_wks.bin/x", "");
  EXPECT_TRUE(version_of(tree).find("not a regular file") != std::string::npos) << version_of(tree);
}

TEST(Firmware, TheLoadedVersionIsHexadecimalAndZeroIsNone) {
  const TemporaryTree tree;
  constexpr std::string_view file = "/sys/bus/pci/devices/0000:03:00.0/fw_version/mec_fw_version";
  const auto loaded = [&] {
    return read_loaded_mec(tree.root(), "/sys/bus/pci/devices/0000:03:00.0");
  };
  EXPECT_EQ(loaded(), std::nullopt);
  tree.write(file, "0x0000007b\n");
  EXPECT_EQ(loaded(), 123U);
  tree.write(file, "0x00000000\n");
  EXPECT_EQ(loaded(), std::nullopt);
  tree.write(file, "0x10000000000\n");
  EXPECT_EQ(loaded(), std::nullopt);
}

Gpu navi14(std::uint16_t device, std::optional<std::uint8_t> revision) {
  Gpu gpu;
  gpu.device_id = device;
  gpu.revision = revision;
  gpu.gc = GcVersion{10, 1, 1};
  return gpu;
}

TEST(FirmwareRules, Navi14HasTwoFilesByDeviceAndRevision) {
  const FirmwareRules rules = FirmwareRules::built_in();
  const auto file = [&](const Gpu& gpu) {
    const FirmwareFile* const found = rules.file_of(gpu);
    return found == nullptr ? std::string_view("none") : found->mec;
  };
  EXPECT_EQ(file(navi14(0x7340, 0xc5)), "amdgpu/navi14_mec.bin");
  EXPECT_EQ(file(navi14(0x7340, 0)), "amdgpu/navi14_mec_wks.bin");
  EXPECT_EQ(file(navi14(0x7341, 0xc5)), "amdgpu/navi14_mec_wks.bin");
  EXPECT_EQ(file(navi14(0x7340, std::nullopt)), "none") << "the revision decides, and is unknown";
  EXPECT_EQ(file(navi14(0x7341, std::nullopt)), "amdgpu/navi14_mec_wks.bin");
  EXPECT_EQ(file(Gpu()), "none");
}

TEST(FirmwareRules, EachSupportedGcVersionHasAFileAndANeededVersion) {
  const FirmwareRules rules = FirmwareRules::built_in();
  const Policy policy = Policy::built_in();
  for (const Chip& chip : policy.chips()) {
    for (const GcVersion& gc : chip.gc) {
      Gpu gpu;
      gpu.gc = gc;
      gpu.revision = 0xc1;
      EXPECT_NE(rules.file_of(gpu), nullptr) << to_string(gc);
      const AtomicsRule* const needed = rules.without_atomics(gpu);
      ASSERT_NE(needed, nullptr) << to_string(gc);
      // kfd_device_info_init(), in the order of its comparisons.
      const std::uint64_t expected = gc == GcVersion{10, 3, 6}   ? 14
                                     : gc == GcVersion{10, 3, 7} ? 3
                                     : gc.minor == 3             ? 92
                                                                 : 145;
      EXPECT_EQ(needed->mec, expected) << to_string(gc);
    }
  }
}

TEST(FirmwareRules, APackageFitsTheDistributionAndItsRelease) {
  const FirmwareRules rules = FirmwareRules::built_in();
  ASSERT_NE(rules.package_for("debian", "13"), nullptr);
  EXPECT_EQ(rules.package_for("debian", "13")->command,
            "sudo apt install -t trixie-backports firmware-amd-graphics");
  EXPECT_EQ(rules.package_for("debian", "12")->name, "debian-12");
  EXPECT_EQ(rules.package_for("fedora", "43")->name, "others");
  EXPECT_EQ(rules.package_for("", "")->name, "others");
}

TEST(FirmwareRules, APackageHasALineOrANameThatPackagesTomlKnows) {
  OsRelease debian;
  debian.id = "debian";
  for (const FirmwarePackage& package : FirmwareRules::built_in().packages()) {
    EXPECT_NE(package.command.empty(), package.package.empty()) << package.name;
    EXPECT_TRUE(package.package.empty() || newest_command(debian, {&package.package, 1}))
        << package.name;
  }
}

TEST(FirmwareRules, AnAdministratorsFileComesFirst) {
  const TemporaryTree tree;
  tree.write("/etc/rocmfix/firmware.toml", R"([[package]]
name = "ours"
distribution = "debian"
remedy = "ask the help desk"
source = "us"
)");
  const auto rules = FirmwareRules::load(tree.root());
  ASSERT_TRUE(rules) << rules.error().what;
  EXPECT_EQ(rules->package_for("debian", "13")->remedy, "ask the help desk");
  EXPECT_EQ(rules->package_for("arch", "")->name, "others");
  EXPECT_EQ(rules->files().size(), FirmwareRules::built_in().files().size());
}

TEST(FirmwareRules, AFileThatCannotBeMeantIsRefusedWithItsLine) {
  const auto refusal = [](std::string_view text) {
    TomlArena arena;
    const auto parsed = parse_firmware(text, "f", arena);
    return parsed ? "" : parsed.error().what;
  };
  EXPECT_EQ(refusal("[[file]]\nname = \"a\"\ngc = [\"10.1\"]\nmec = \"m\"\nsource = \"s\"\n"),
            "f:1: '10.1' is not a GC version");
  EXPECT_EQ(refusal("[[file]]\nname = \"a\"\ngc = [\"10.1.1\"]\nmec = \"../m\"\nsource = \"s\"\n"),
            "f:1: 'mec' cannot be '../m'");
  EXPECT_EQ(refusal("[[file]]\nname = \"a\"\ngc = [\"10.1.1\"]\nmec = \"/m\"\nsource = \"s\"\n"),
            "f:1: 'mec' cannot be '/m'");
  EXPECT_EQ(refusal("[[without_atomics]]\nname = \"a\"\ngc = [\"10.1.1\"]\nsource = \"s\"\n"),
            "f:1: 'mec' is missing: a firmware version");
  EXPECT_EQ(refusal("[[package]]\nname = \"a\"\nremedy = \"r\"\nsuite = \"x\"\nsource = \"s\"\n"),
            "f:4: unknown key 'suite'");
}

}  // namespace
}  // namespace rocmfix::detail
