// SPDX-License-Identifier: MIT
// ROCMFIX_* as the interposer reads them. A value that is not understood is reported and means the
// default. Reads the environment once; no other file does.
#ifndef ROCMFIX_HIP_SETTINGS_HPP
#define ROCMFIX_HIP_SETTINGS_HPP

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>

#include "hip/coherence.hpp"
#include "incident/incident_store.hpp"

namespace rocmfix::hip {

struct VramCap {
  enum class Kind : uint8_t { off, fraction, bytes } kind = Kind::fraction;
  uint32_t millionths = 800'000;  // of the card's VRAM
  uint64_t bytes = 0;

  /// What may be used of `vram` bytes; `vram` itself for off, and never more.
  [[nodiscard]] uint64_t of(uint64_t vram) const;
};

enum class OutOfMemory : uint8_t { fail, host };

inline constexpr size_t communicators_size = 4096;

struct Settings {
  bool enabled = true;
  bool verbose = false;
  CoherencePolicy coherence = CoherencePolicy::automatic;
  VramCap cap;
  OutOfMemory out_of_memory = OutOfMemory::fail;
  /// Beginnings of names of libraries, in addition to the built-in ones: "libone,libtwo".
  std::array<char, communicators_size> communicators{};
  int report_fd = -1;                               // incidents go there; -1: into a file
  std::array<char, PATH_MAX> incident_directory{};  // "": nowhere to write
  std::array<char, tag_size + 1> report_tag{};      // a launcher's, in the name of such a file
  int rank = -1;                                    // torch.distributed's RANK; -1: none

  std::array<char, PATH_MAX> alive_folder{};  // "": nobody watches

  /// The name of the first variable that was not understood; nullptr: all were.
  const char* misread = nullptr;
};

/// getenv(3) or a stand-in for it.
using Lookup = const char* (*)(const char* name);

void read_settings(Settings& settings, Lookup lookup);
/// These are rocmfix-run's, too: what it accepts is what is understood here.
/// "auto", "data", "all", "off". False: not understood, `policy` unchanged; so with the others.
bool read_coherence(const char* text, CoherencePolicy& policy);
/// "libone,libtwo": beginnings of file names, of four letters at least.
bool read_communicators(const char* text);
/// "fail", "host".
bool read_out_of_memory(const char* text, OutOfMemory& value);
/// "0.8", "80%", "5368709120", "5G", "off".
bool read_vram_cap(const char* text, VramCap& cap);
/// A file descriptor's number.
bool read_descriptor(const char* text, int& descriptor);

}  // namespace rocmfix::hip

#endif
