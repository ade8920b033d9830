// SPDX-License-Identifier: MIT
#include "base/unpack.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lzma_library.hpp"
#include "base/zlib_library.hpp"
#include "base/zstd_library.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t largest_module = std::uint64_t{512} << 20U;
constexpr std::uint64_t small = 1U << 20U;
constexpr std::uint64_t densest = 64;
constexpr std::size_t piece = 1U << 16U;

constexpr std::string_view gzip_magic = "\x1f\x8b"sv;
constexpr std::string_view xz_magic = "\xfd\x37zXZ\0"sv;
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd"sv;

enum class Step : std::uint8_t {
  more,     ///< needs input, or has more output
  whole,    ///< the same, and may end here
  damaged,  ///< or truncated
  greedy,   ///< asks for too much memory
};

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  Decoder(Decoder&&) = delete;
  Decoder& operator=(Decoder&&) = delete;
  virtual ~Decoder() = default;
  /// Consumes from `in`, puts into `out` from its start and says how much. `last`: no input after
  /// this.
  virtual Step decode(std::string_view& in, std::vector<char>& out, std::size_t& produced,
                      bool last) = 0;
};

class XzDecoder : public Decoder {
 public:
  explicit XzDecoder(const LzmaLibrary& library) : library_(&library) {
    // modules_install asks for 2 MiB, `xz -9` for 65.
    constexpr std::uint64_t memory = std::uint64_t{128} << 20U;
    good_ = library_->lzma_stream_decoder(&stream_, memory, LZMA_CONCATENATED) == LZMA_OK;
  }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  XzDecoder(XzDecoder&&) = delete;
  XzDecoder& operator=(XzDecoder&&) = delete;
  ~XzDecoder() override { library_->lzma_end(&stream_); }

  Step decode(std::string_view& in, std::vector<char>& out, std::size_t& produced,
              bool last) override {
    if (!good_) {
      return Step::greedy;
    }
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = library_->lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    in.remove_prefix(in.size() - stream_.avail_in);
    produced = out.size() - stream_.avail_out;
    switch (status) {
      case LZMA_OK:
        return Step::more;
      case LZMA_STREAM_END:
        return Step::whole;
      case LZMA_MEM_ERROR:
      case LZMA_MEMLIMIT_ERROR:
        return Step::greedy;
      default:
        return Step::damaged;
    }
  }

 private:
  const LzmaLibrary* library_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool good_ = false;
};

class ZstdDecoder : public Decoder {
 public:
  explicit ZstdDecoder(const ZstdLibrary& library)
      : library_(&library), context_(library.ZSTD_createDCtx(), library.ZSTD_freeDCtx) {}

  // Of itself libzstd refuses windows of more than 128 MiB, which is what `zstd --ultra -22` asks
  // for.
  Step decode(std::string_view& in, std::vector<char>& out, std::size_t& produced,
              bool /*last*/) override {
    if (!context_) {
      return Step::greedy;
    }
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t status = library_->ZSTD_decompressStream(context_.get(), &output, &input);
    in.remove_prefix(input.pos);
    produced = output.pos;
    if (library_->ZSTD_isError(status) != 0) {
      return Step::damaged;
    }
    return status == 0 ? Step::whole : Step::more;
  }

 private:
  const ZstdLibrary* library_;
  ZstdLibrary::Context context_;
};

class GzipDecoder : public Decoder {
 public:
  explicit GzipDecoder(const ZlibLibrary& library) : library_(&library) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    good_ = library_->inflateInit2_(&stream_, gzip_only, ZLIB_VERSION,
                                    static_cast<int>(sizeof stream_)) == Z_OK;
  }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  GzipDecoder(GzipDecoder&&) = delete;
  GzipDecoder& operator=(GzipDecoder&&) = delete;
  ~GzipDecoder() override {
    if (good_) {
      library_->inflateEnd(&stream_);
    }
  }

  Step decode(std::string_view& in, std::vector<char>& out, std::size_t& produced,
              bool /*last*/) override {
    produced = 0;
    if (!good_) {
      return Step::greedy;
    }
    if (between_members_) {  // any number of them is one file
      if (in.empty()) {
        return Step::whole;
      }
      library_->inflateReset(&stream_);
      between_members_ = false;
    }
    // zlib's pointer to input is not const, and it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int status = library_->inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    produced = out.size() - stream_.avail_out;
    if (status == Z_STREAM_END) {
      between_members_ = true;
      return Step::whole;
    }
    return status == Z_OK || status == Z_BUF_ERROR ? Step::more
           : status == Z_MEM_ERROR                 ? Step::greedy
                                                   : Step::damaged;
  }

 private:
  const ZlibLibrary* library_;
  z_stream stream_{};
  bool good_ = false;
  bool between_members_ = false;
};

template <class DecoderType, class Library>
Result<std::unique_ptr<Decoder>> make(const Library* library, const std::string& name,
                                      const char* missing) {
  if (library == nullptr) {
    return fail({ErrorCode::failed,
                 formatted("{}, which is needed to decompress {}, is not installed", missing, name),
                 0, formatted("install {}", missing)});
  }
  return std::unique_ptr<Decoder>(std::make_unique<DecoderType>(*library));
}

Result<std::unique_ptr<Decoder>> decoder_for(Packing packing, const std::string& name) {
  switch (packing) {
    case Packing::xz:
      return make<XzDecoder>(LzmaLibrary::get(), name, "liblzma.so.5");
    case Packing::zstd:
      return make<ZstdDecoder>(ZstdLibrary::get(), name, "libzstd.so.1");
    case Packing::gzip:
      return make<GzipDecoder>(ZlibLibrary::get(), name, "libz.so.1");
    case Packing::none:
      break;
  }
  return fail({ErrorCode::invalid, name + " is not packed", 0, ""});
}

Error error_of(const RegularFile& file, Step step) {
  if (step == Step::greedy) {
    return {ErrorCode::refused, file.name() + " needs too much memory to decompress", 0, ""};
  }
  return file.malformed("truncated or damaged");
}

}  // namespace

Packing packing_of(std::string_view first_bytes) {
  return first_bytes.starts_with(xz_magic)     ? Packing::xz
         : first_bytes.starts_with(zstd_magic) ? Packing::zstd
         : first_bytes.starts_with(gzip_magic) ? Packing::gzip
                                               : Packing::none;
}

std::uint64_t most_unpacked(std::uint64_t packed) {
  return packed > largest_module / densest ? largest_module
                                           : std::min(largest_module, packed * densest + small);
}

Result<void> unpack(const RegularFile& file, Packing packing, const UnpackSink& sink) {
  auto made = decoder_for(packing, file.name());
  if (!made) {
    return fail(std::move(made.error()));
  }
  if (file.size() > largest_module) {
    return fail({ErrorCode::refused, file.name() + " is larger than any module", 0, ""});
  }
  Decoder& decoder = **made;
  const std::uint64_t most = most_unpacked(file.size());
  std::vector<char> out(piece);
  std::uint64_t unpacked = 0;
  std::uint64_t at = 0;
  std::string bytes;
  std::string_view in;
  for (;;) {
    if (in.empty() && at < file.size()) {
      auto next =
          file.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(piece, file.size() - at)));
      if (!next) {
        return fail(std::move(next.error()));
      }
      bytes = std::move(*next);
      in = bytes;
      at += bytes.size();
    }
    const std::size_t had = in.size();
    std::size_t produced = 0;
    const Step step = decoder.decode(in, out, produced, at == file.size());
    unpacked += produced;
    if (step == Step::damaged || step == Step::greedy) {
      return fail(error_of(file, step));
    }
    if (unpacked > most) {
      return fail(
          {ErrorCode::refused,
           formatted("{} is not decompressed: it becomes larger than {} MiB, as no module of "
                     "its size does",
                     file.name(), most >> 20U),
           0, ""});
    }
    if (produced > 0 && !sink({out.data(), produced})) {
      return fail({ErrorCode::failed, "cannot keep what " + file.name() + " unpacks to", 0, ""});
    }
    const bool at_end = in.empty() && at == file.size();
    if (at_end && step == Step::whole) {
      return {};
    }
    // No input left, none used and nothing given: it needs more than there is.
    if (produced == 0 && in.size() == had && (at_end || had > 0)) {
      return fail(error_of(file, Step::damaged));
    }
  }
}

}  // namespace rocmfix::detail
