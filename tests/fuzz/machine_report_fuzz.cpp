// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as a report's machine.json, as its tar archive, or as that archive
// compressed; the first byte says which. Besides what the sanitizers find it holds that facts that
// were read are written and read again the same, that nothing is made outside the folder or over
// a limit, and that an error has words.
#include <zstd.h>

#include <vector>

#include "fuzzing.hpp"
#include "report/captured_json.hpp"
#include "report/report_archive.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

namespace fs = std::filesystem;

constexpr detail::UnpackLimits limits{.entries = 64,
                                      .name = 256,
                                      .depth = 8,
                                      .data = 64U << 10U,
                                      .packed = 64U << 10U,
                                      .file_size = 1U << 20U,
                                      .apparent = 4U << 20U};

void read_facts(std::string_view text) {
  const auto facts = detail::read_captured_json(text);
  if (!facts) {
    require(!facts.error().what.empty() && !facts.error().hint.empty(), "an error's words");
    return;
  }
  const auto again = detail::read_captured_json(detail::captured_json(*facts));
  // What is not UTF-8 is written as something else.
  require(again.has_value() && again->nodes.size() <= facts->nodes.size(),
          "facts that are read again");
}

std::string compressed(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  return packed;
}

void check_folder(const fs::path& folder) {
  std::uint64_t data = 0;
  std::size_t entries = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    ++entries;
    require(entry.is_symlink() || entry.is_directory() || entry.is_regular_file(),
            "a kind of file");
    if (!entry.is_symlink() && entry.is_regular_file()) {
      data += entry.file_size();
    }
  }
  require(entries <= limits.entries * limits.depth, "the limit of entries");
  require(data <= limits.apparent, "the limit of sizes");
}

void unpack(const fs::path& scratch, std::string_view bytes) {
  const fs::path folder = scratch / "in";
  fs::create_directories(folder);
  const int fd = ::open((scratch / "report").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  require(fd >= 0 &&
              ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
              ::lseek(fd, 0, SEEK_SET) == 0,
          "the scratch folder can be written");
  const auto done = detail::unpack_report(fd, "report", folder.string(), limits);
  ::close(fd);
  require(done.has_value() || !done.error().what.empty(), "an error's words");
  check_folder(folder);
  fs::remove_all(folder);
  fs::remove(scratch / "report");
  require(fs::is_empty(scratch), "nothing is made outside the folder");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  const auto scratch = machine.root().dir();
  if (size < 1) {
    return 0;
  }
  const std::string_view rest = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      read_facts(rest);
      break;
    case 1:
      unpack(scratch, compressed(rest));
      break;
    default:
      unpack(scratch, rest);
  }
  return 0;
}
