// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include "alive/alive_file.hpp"

#include <cstring>
#include <string_view>

namespace rocmfix::hip {

namespace {

constexpr uint32_t whole = 1'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Decimal, with overflow refused; `rest` is what follows.
bool read_number(std::string_view text, uint64_t& value, std::string_view& rest) {
  size_t length = 0;
  value = 0;
  while (length < text.size() && is_digit(text[length])) {
    const auto digit = static_cast<uint64_t>(text[length] - '0');
    if (value > (UINT64_MAX - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
    ++length;
  }
  rest = text;
  rest.remove_prefix(length);
  return length > 0;
}

/// "0.8" -> 800000; at most six digits count.
bool read_fraction(std::string_view text, uint32_t& millionths) {
  uint64_t before = 0;
  std::string_view rest;
  if (!read_number(text, before, rest) || before > 1 || rest.empty() || rest.front() != '.') {
    return false;
  }
  uint32_t value = static_cast<uint32_t>(before) * whole;
  uint32_t place = whole / 10;
  rest.remove_prefix(1);
  if (rest.empty()) {
    return false;
  }
  for (const char c : rest) {
    if (!is_digit(c)) {
      return false;
    }
    value += static_cast<uint32_t>(c - '0') * place;
    place /= 10;
  }
  millionths = value;
  return value > 0 && value <= whole;
}

/// The words that rocmfix-run knows.
bool read_flag(const char* text, bool& value) {
  const std::string_view word = text;
  if (word == "1" || word == "y" || word == "yes" || word == "true" || word == "on") {
    value = true;
  } else if (word == "0" || word == "n" || word == "no" || word == "false" || word == "off") {
    value = false;
  } else {
    return false;
  }
  return true;
}

/// False: too long. A relative path is kept: it means what it meant at the start.
template <size_t size>
bool join(std::array<char, size>& out, const char* first, const char* second) {
  const size_t first_length = strlen(first);
  const size_t second_length = strlen(second);
  if (first_length + second_length >= out.size()) {
    return false;
  }
  memcpy(out.data(), first, first_length);
  memcpy(out.data() + first_length, second, second_length + 1);
  return true;
}

bool set(const char* text) {
  return text != nullptr && *text != '\0';
}

/// A launcher's own. One that is too long is as good as none.
void read_alive_folder(Settings& settings, Lookup lookup) {
  const char* const folder = lookup(alive_variable);
  if (folder == nullptr || !join(settings.alive_folder, folder, "")) {
    settings.alive_folder.front() = '\0';
  }
}

void read_incident_directory(Settings& settings, Lookup lookup) {
  const char* directory = lookup("ROCMFIX_INCIDENT_DIR");
  const char* state = lookup("XDG_STATE_HOME");
  const char* home = lookup("HOME");
  bool fits = true;
  if (set(directory)) {
    fits = join(settings.incident_directory, directory, "");
  } else if (set(state) && *state == '/') {
    fits = join(settings.incident_directory, state, "/rocmfix/incidents");
  } else if (set(home)) {
    fits = join(settings.incident_directory, home, "/.local/state/rocmfix/incidents");
  }
  if (!fits) {
    settings.misread = "ROCMFIX_INCIDENT_DIR";
  }
}

}  // namespace

uint64_t VramCap::of(uint64_t vram) const {
  constexpr uint64_t page = 4096;
  switch (kind) {
    case Kind::off:
      break;
    case Kind::fraction:
      return vram * millionths / whole / page * page;
    case Kind::bytes:
      return bytes < vram ? bytes : vram;
  }
  return vram;
}

bool read_descriptor(const char* text, int& descriptor) {
  uint64_t value = 0;
  std::string_view rest;
  if (!read_number(text, value, rest) || !rest.empty() || value > INT_MAX) {
    return false;
  }
  descriptor = static_cast<int>(value);
  return true;
}

bool read_coherence(const char* text, CoherencePolicy& policy) {
  const std::string_view word = text;
  if (word == "auto") {
    policy = CoherencePolicy::automatic;
  } else if (word == "off") {
    policy = CoherencePolicy::off;
  } else if (word == "data") {
    policy = CoherencePolicy::data;
  } else if (word == "all") {
    policy = CoherencePolicy::all;
  } else {
    return false;
  }
  return true;
}

bool read_communicators(const char* text) {
  constexpr size_t shortest = 4;
  std::string_view rest = text;
  if (rest.size() >= communicators_size) {
    return false;
  }
  for (;;) {
    const std::string_view name = rest.substr(0, rest.find(','));
    if (name.size() < shortest || name.find('/') != std::string_view::npos) {
      return false;
    }
    if (name.size() == rest.size()) {
      return true;
    }
    rest.remove_prefix(name.size() + 1);
  }
}

bool read_out_of_memory(const char* text, OutOfMemory& value) {
  const std::string_view word = text;
  if (word == "fail") {
    value = OutOfMemory::fail;
  } else if (word == "host") {
    value = OutOfMemory::host;
  } else {
    return false;
  }
  return true;
}

bool read_vram_cap(const char* text, VramCap& cap) {
  const std::string_view word = text;
  if (word == "off") {
    cap.kind = VramCap::Kind::off;
    return true;
  }
  uint32_t millionths = 0;
  if (read_fraction(word, millionths)) {
    cap.kind = VramCap::Kind::fraction;
    cap.millionths = millionths;
    return true;
  }
  uint64_t value = 0;
  std::string_view rest;
  if (!read_number(word, value, rest) || value == 0) {
    return false;
  }
  if (rest == "%") {
    if (value > 100) {
      return false;
    }
    cap.kind = VramCap::Kind::fraction;
    cap.millionths = static_cast<uint32_t>(value) * (whole / 100);
    return true;
  }
  const std::string_view units = "KMG";
  const size_t unit = rest.empty() ? 0 : units.find(rest.front()) + 1;
  if (rest.size() > 1 || (!rest.empty() && unit == 0) || value > UINT64_MAX >> (10 * unit)) {
    return false;
  }
  // "1" can only be meant as a fraction, and no card works with so little.
  constexpr uint64_t smallest = 1U << 20U;
  if (value << (10 * unit) < smallest) {
    return false;
  }
  cap.kind = VramCap::Kind::bytes;
  cap.bytes = value << (10 * unit);
  return true;
}

void read_settings(Settings& settings, Lookup lookup) {
  const auto read = [&](const char* name, auto reader, auto& value) {
    const char* text = lookup(name);
    if (set(text) && !reader(text, value) && settings.misread == nullptr) {
      settings.misread = name;
    }
  };
  read("ROCMFIX_HIP", read_flag, settings.enabled);
  read("ROCMFIX_VERBOSE", read_flag, settings.verbose);
  read("ROCMFIX_COHERENCE", read_coherence, settings.coherence);
  read(
      "ROCMFIX_COMMUNICATORS",
      [](const char* text, auto& names) {
        return read_communicators(text) && join(names, text, "");
      },
      settings.communicators);
  read("ROCMFIX_VRAM_CAP", read_vram_cap, settings.cap);
  read("ROCMFIX_OOM", read_out_of_memory, settings.out_of_memory);
  read("ROCMFIX_REPORT_FD", read_descriptor, settings.report_fd);
  read(
      "ROCMFIX_REPORT_TAG",
      [](const char* text, auto& tag) { return is_tag(text) && join(tag, text, ""); },
      settings.report_tag);
  // Another program's variable: what it says otherwise is not ours to judge.
  if (const char* rank = lookup("RANK"); set(rank)) {
    read_descriptor(rank, settings.rank);
  }
  read_incident_directory(settings, lookup);
  read_alive_folder(settings, lookup);
}

}  // namespace rocmfix::hip
