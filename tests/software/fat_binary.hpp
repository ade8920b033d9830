// SPDX-License-Identifier: MIT
// Makes files with device code as compilers and packers write them, or wrongly: for the unit tests
// and the seeds of the fuzzer. The code itself is filler.
#pragma once

#include <elf.h>
#include <zstd.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rocmfix::test {

template <class Number>
std::string little(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
  }
  return bytes;
}

inline std::string padded(std::string bytes, std::size_t alignment) {
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  return bytes;
}

/// Bytes without a pattern, the same in every run.
inline std::string noise(std::size_t size) {
  std::string bytes;
  std::uint64_t state = 1;
  while (bytes.size() < size) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    bytes += static_cast<char>(state >> 56U);
  }
  return bytes;
}

/// Bytes that zstd packs to four fifths: it codes the literals, so that a block of them is unpacked
/// whole or not at all.
inline std::string dense_code(std::size_t size) {
  std::string bytes = noise(size);
  for (char& byte : bytes) {
    byte = static_cast<char>(static_cast<unsigned char>(byte) % 80);
  }
  return bytes;
}

inline std::string hip_id(std::string_view target) {
  return "hipv4-amdgcn-amd-amdhsa--" + std::string(target);
}

/// A plain bundle: the host's empty entry, then `code` for each id.
inline std::string bundle(const std::vector<std::string>& ids,
                          const std::string& code = std::string(1000, 'c'),
                          std::size_t alignment = 4096) {
  std::vector<std::pair<std::string, std::string>> entries = {{"host-x86_64-unknown-linux--", ""}};
  std::size_t table = 32 + 24 + entries[0].first.size();
  for (const std::string& id : ids) {
    entries.emplace_back(id, code);
    table += 24 + id.size();
  }
  const std::size_t begin = padded(std::string(table, '\0'), alignment).size();
  std::string head = "__CLANG_OFFLOAD_BUNDLE__" + little<std::uint64_t>(entries.size());
  std::string body;
  for (const auto& [id, content] : entries) {
    body = padded(body, alignment);
    head += little<std::uint64_t>(begin + body.size()) + little<std::uint64_t>(content.size()) +
            little<std::uint64_t>(id.size()) + id;
    body += content;
  }
  return padded(head, alignment) + body;
}

inline std::string zstd(std::string_view plain, int level = 3) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level));
  return packed;
}

/// "CCOB" around `packed`, with the sizes as given.
inline std::string compressed_around(std::uint16_t version, std::uint16_t method,
                                     const std::string& packed, std::uint64_t plain_size) {
  const std::string head = "CCOB" + little(version) + little(method);
  const std::string hash = little<std::uint64_t>(0x1234);
  switch (version) {
    case 1:
      return head + little<std::uint32_t>(static_cast<std::uint32_t>(plain_size)) + hash + packed;
    case 2:
      return head + little<std::uint32_t>(static_cast<std::uint32_t>(24 + packed.size())) +
             little<std::uint32_t>(static_cast<std::uint32_t>(plain_size)) + hash + packed;
    default:
      return head + little<std::uint64_t>(32 + packed.size()) + little(plain_size) + hash + packed;
  }
}

inline std::string compressed(std::uint16_t version, const std::string& plain, int level = 3) {
  return compressed_around(version, 1, zstd(plain, level), plain.size());
}

struct Section {
  std::string name;
  std::string content;
  std::uint32_t type = SHT_PROGBITS;
};

inline Elf64_Ehdr elf_header() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  return header;
}

inline std::string as_bytes(const Elf64_Ehdr& header) {
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

/// A library with these sections, each aligned to a page, or to less to keep it small.
inline std::string elf(std::vector<Section> sections, Elf64_Ehdr header = elf_header(),
                       std::size_t alignment = 4096) {
  sections.insert(sections.begin(), {"", "", SHT_NULL});
  std::string names;
  for (const Section& section : sections) {
    names += section.name + '\0';
  }
  names += std::string(".shstrtab") + '\0';
  sections.push_back({".shstrtab", names, SHT_STRTAB});
  std::string body(sizeof header, '\0');
  std::string headers;
  std::size_t name = 0;
  for (const Section& section : sections) {
    body = section.content.empty() ? body : padded(body, alignment);
    Elf64_Shdr raw{};
    raw.sh_name = static_cast<std::uint32_t>(name);
    raw.sh_type = section.type;
    raw.sh_offset = body.size();
    raw.sh_size = section.content.size();
    body += section.type == SHT_NOBITS ? "" : section.content;
    name += section.name.size() + 1;
    std::string bytes(sizeof raw, '\0');
    std::memcpy(bytes.data(), &raw, sizeof raw);
    headers += bytes;
  }
  body = padded(body, 8);
  header.e_shoff = body.size();
  header.e_shnum = static_cast<std::uint16_t>(sections.size());
  header.e_shstrndx = static_cast<std::uint16_t>(sections.size() - 1);
  body += headers;
  return as_bytes(header) + body.substr(sizeof header);
}

/// A library whose host code registers `wrappers` bundles.
inline std::string hip_library(const std::string& fatbin, std::size_t wrappers) {
  return elf({{".text", "code"},
              {".hip_fatbin", fatbin},
              {".hipFatBinSegment", std::string(24 * wrappers, 'w')}});
}

/// A code object alone (.hsaco): `machine` is EF_AMDGPU_MACH.
inline std::string code_object(std::uint32_t machine, std::uint8_t os_abi = 64) {
  Elf64_Ehdr header = elf_header();
  header.e_machine = EM_AMDGPU;
  header.e_ident[EI_OSABI] = os_abi;
  header.e_flags = 0x500U | machine;  // with xnack and sramecc: any
  return elf({{".text", "code"}}, header);
}

inline std::string msgpack(const nlohmann::json& document) {
  const auto bytes = nlohmann::json::to_msgpack(document);
  return {bytes.begin(), bytes.end()};
}

inline std::string kpack_marker(const std::vector<std::string>& paths) {
  return msgpack({{"kernel_name", "lib/libtest.so"}, {"kpack_search_paths", paths}});
}

/// As rocm-kpack's PackedKernelArchive writes it; `ahead` is how many kernels the table of contents
/// lists before its gfx_arches.
inline std::string kpack(const std::vector<std::string>& targets, std::size_t ahead = 1) {
  nlohmann::ordered_json toc = {{"compression_scheme", "none"}};
  for (std::size_t i = 0; i < ahead; ++i) {
    toc["a_toc"]["lib/libtest.so#" + std::to_string(i)] = {
        {"gfx1030", {{"type", "hsaco"}, {"ordinal", i}, {"original_size", 4096}}}};
  }
  toc["gfx_arches"] = targets;
  const auto bytes = nlohmann::ordered_json::to_msgpack(toc);
  const std::string blob =
      padded("KPAK" + little<std::uint32_t>(1) + std::string(8, '\0'), 64) + std::string(1000, 'k');
  std::string file = blob + std::string(bytes.begin(), bytes.end());
  file.replace(8, 8, little<std::uint64_t>(blob.size()));
  return file;
}

}  // namespace rocmfix::test
