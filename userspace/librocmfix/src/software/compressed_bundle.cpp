// SPDX-License-Identifier: MIT
#include "software/compressed_bundle.hpp"

#include <algorithm>
#include <optional>

#include "software/bundle_table.hpp"
#include "software/zstd_frame.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

// LLVM's compression::Format.
constexpr std::uint16_t method_zlib = 0;
constexpr std::uint16_t method_zstd = 1;

constexpr std::size_t most_header = 32;
// Read and unpacked at a time: the table and what is needed to get to it fit most of the time.
constexpr std::size_t piece = 4096;
// A zstd block is unpacked whole or not at all. The table lies in the first one, whose size is at
// most this, with the headers before it; of nearly all code it packs to a third or less.
constexpr std::uint64_t most_packed = (128U << 10U) + 64;

struct Header {
  std::uint16_t version = 0;
  std::uint16_t method = 0;
  std::uint64_t size = 0;                  ///< of the header itself
  std::optional<std::uint64_t> file_size;  ///< header included; version 1 does not have it
  std::uint64_t plain_size = 0;
};

// LLVM's OffloadBundle.cpp, RawCompressedBundleHeader. nullopt: truncated, or a version that is not
// known, whose `version` is then all that is set.
std::optional<Header> parse_header(std::string_view bytes) {
  if (bytes.size() < 8) {
    return std::nullopt;
  }
  Header header;
  header.version = read_u16(bytes, 4);
  header.method = read_u16(bytes, 6);
  header.size = header.version == 1 ? 20 : header.version == 2 ? 24 : most_header;
  if (header.version < 1 || header.version > 3) {
    return header;
  }
  if (bytes.size() < header.size) {
    return std::nullopt;
  }
  switch (header.version) {
    case 1:
      header.plain_size = read_u32(bytes, 8);
      break;
    case 2:
      header.file_size = read_u32(bytes, 8);
      header.plain_size = read_u32(bytes, 12);
      break;
    default:
      header.file_size = read_u64(bytes, 8);
      header.plain_size = read_u64(bytes, 16);
  }
  return header;
}

}  // namespace

Result<std::uint64_t> CompressedBundleReader::read(FileRange range, BundleFindings& findings) {
  const auto bytes =
      file_.read(range.begin, std::min<std::uint64_t>(most_header, range.end - range.begin));
  if (!bytes) {
    return fail(bytes.error());
  }
  const auto header = parse_header(*bytes);
  if (!header) {
    return fail(file_.malformed("a truncated compressed bundle"));
  }
  if (header->version < 1 || header->version > 3) {
    findings.add_unread(
        formatted("a compressed bundle of version {}, which is not known", header->version));
    return range.end;
  }
  FileRange frame{range.begin + header->size, range.end};
  if (header->file_size) {
    if (*header->file_size < header->size || *header->file_size > range.end - range.begin) {
      return fail(file_.malformed("a compressed bundle reaches beyond its section"));
    }
    frame.end = range.begin + *header->file_size;
  }
  if (header->method != method_zstd) {
    findings.add_unread(header->method == method_zlib
                            ? "a bundle is compressed by zlib, which is not read"
                            : "a bundle is compressed by an unknown method");
    return frame.end;
  }
  if (!header->file_size) {
    const auto end = find_zstd_frame_end(file_, frame.begin, frame.end, blocks_left_);
    if (!end) {
      return fail(end.error());
    }
    frame.end = *end;
  }
  if (auto inside = read_inside(frame, header->plain_size, findings); !inside) {
    return fail(std::move(inside.error()));
  }
  return frame.end;
}

Result<void> CompressedBundleReader::read_inside(FileRange frame, std::uint64_t plain_size,
                                                 BundleFindings& findings) {
  const ZstdLibrary* const zstd = ZstdLibrary::get();
  if (zstd != nullptr && !context_) {
    context_ = {zstd->ZSTD_createDCtx(), zstd->ZSTD_freeDCtx};
  }
  if (zstd == nullptr || !context_) {
    findings.add_unread("a bundle is compressed by zstd, and libzstd.so.1 cannot be loaded");
    return {};
  }
  zstd->ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  std::string packed;
  std::string plain;
  std::size_t wanted = piece;
  ZSTD_inBuffer in{};
  std::uint64_t at = frame.begin;
  // Each turn takes some of the input or gives some of the output, or libzstd reports an error.
  for (;;) {
    if (in.pos == in.size) {
      if (at == frame.end || at - frame.begin >= most_packed) {
        return fail(file_.malformed("a truncated compressed bundle"));
      }
      auto bytes = file_.read(at, std::min<std::uint64_t>(piece, frame.end - at));
      if (!bytes) {
        return fail(std::move(bytes.error()));
      }
      packed = std::move(*bytes);
      at += packed.size();
      in = {packed.data(), packed.size(), 0};
    }
    const std::size_t had = plain.size();
    plain.resize(wanted);
    ZSTD_outBuffer out{plain.data(), plain.size(), had};
    const std::size_t status = zstd->ZSTD_decompressStream(context_.get(), &out, &in);
    plain.resize(out.pos);
    if (zstd->ZSTD_isError(status) != 0U) {
      return fail(file_.malformed("a compressed bundle that zstd does not accept"));
    }
    if (plain.size() < wanted && status != 0) {
      continue;
    }
    const Table table =
        plain.starts_with(plain_magic) ? read_table(plain, plain_size, findings) : Table{};
    if (table.state == TableState::read) {
      return {};
    }
    if (table.state == TableState::malformed || status == 0 || wanted == most_table_bytes) {
      return fail(file_.malformed("a compressed bundle without a proper table"));
    }
    wanted = std::min(wanted * 2, most_table_bytes);
  }
}

}  // namespace rocmfix::detail
