// SPDX-License-Identifier: MIT
#include "report/report_redaction.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "rocmfix/redaction.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {
namespace {

using re2::RE2;

// UEFI's own variables are called so on every machine: EFI_GLOBAL_VARIABLE, the image security
// database, shim's lock.
constexpr std::array<std::string_view, 3> public_uuids = {"8be4df61-93ca-11d2-aa0d-00e098032b8c",
                                                          "d719b2cb-3d3a-4596-a3bc-dad00e67656f",
                                                          "605dab50-e046-4300-abb6-3dd810dd8b23"};

const RE2& uuid_pattern() {
  static const RE2 pattern(
      R"(\b([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})\b)",
      RE2::Latin1);
  return pattern;
}

/// Its group 1 becomes zeros where it has letters or digits.
struct Identifier {
  explicit Identifier(const char* form, bool needs_digits = false)
      : pattern(form, RE2::Latin1), only_with_digits(needs_digits) {}
  RE2 pattern;
  bool only_with_digits;
};

const std::array<Identifier, 3>& identifiers() {
  static const std::array<Identifier, 3> forms = {
      // A short PARTUUID ("1234abcd-02"), a label that names a machine.
      Identifier(R"((?i)\b(?:PART)?(?:UUID|LABEL)["']?[=:]["']?([^\s"',]+))"),
      Identifier(R"(\b((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})\b)"),
      Identifier(R"((?i)\b(?:unique_id|serial(?:[_ -]?(?:number|no))?|serialno|asset_tag)["']?)"
                 R"(\s*[:= ]\s*["']?([\w.-]{4,}))",
                 true)};
  return forms;
}

const std::array<Identifier, 2>& addresses() {
  static const std::array<Identifier, 2> forms = {
      Identifier(R"((?:^|[^\w.:])((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?:$|[^\w.]))"),
      // With "::" in it, or of six to eight numbers.
      Identifier(
          R"((?i)(?:^|[^\w:.])((?:[0-9a-f]{1,4}:){1,7}:(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{0,4}|)"
          R"((?:[0-9a-f]{1,4}:){5,7}[0-9a-f]{1,4}))")};
  return forms;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_public(std::string_view found) {
  return found == "127.0.0.1" || found == "0.0.0.0" || found == "255.255.255.255";
}

void zero(std::string& text, const Identifier& identifier) {
  const re2::StringPiece all(text.data(), text.size());
  std::array<re2::StringPiece, 2> found;
  std::size_t at = 0;
  while (at < text.size() &&
         identifier.pattern.Match(all, at, text.size(), RE2::UNANCHORED, found.data(), 2)) {
    const auto begin = static_cast<std::size_t>(found[1].data() - text.data());
    const std::size_t end = begin + found[1].size();
    at = std::max(end, at + 1);
    const std::string_view value(found[1].data(), found[1].size());
    if (is_public(value) ||
        (identifier.only_with_digits && std::none_of(value.begin(), value.end(), is_digit))) {
      continue;
    }
    for (std::size_t i = begin; i < end; ++i) {
      const bool separates = text[i] == '.' || text[i] == ':' || text[i] == '-' || text[i] == '_';
      text[i] = separates ? text[i] : '0';
    }
  }
}

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos;
}

}  // namespace

std::string ReportRedaction::uuid_stand_in(const std::string& uuid) {
  if (std::find(public_uuids.begin(), public_uuids.end(), uuid) != public_uuids.end()) {
    return uuid;
  }
  const auto [place, is_new] = uuids_.try_emplace(uuid);
  if (is_new) {
    place->second = formatted("00000000-0000-0000-0000-{:012}", uuids_.size());
  }
  return place->second;
}

std::string ReportRedaction::without_identifiers(std::string text) {
  const re2::StringPiece all(text.data(), text.size());
  std::array<re2::StringPiece, 2> found;
  std::size_t at = 0;
  while (at < text.size() &&
         uuid_pattern().Match(all, at, text.size(), RE2::UNANCHORED, found.data(), 2)) {
    const auto begin = static_cast<std::size_t>(found[1].data() - text.data());
    const std::string uuid(found[1].data(), found[1].size());
    text.replace(begin, uuid.size(), uuid_stand_in(uuid));
    at = begin + uuid.size();
  }
  for (const Identifier& identifier : identifiers()) {
    zero(text, identifier);
  }
  return text;
}

std::string ReportRedaction::text(std::string_view text) {
  std::string out = without_identifiers(mask_secrets(text));
  for (const Identifier& address : addresses()) {
    zero(out, address);
  }
  return names_.replace(out);
}

std::string ReportRedaction::content(std::string_view bytes) {
  if (!is_text(bytes)) {
    return names_.replace_in_bytes(mask_tokens(bytes));
  }
  return names_.replace(without_identifiers(mask_secrets(bytes)));
}

std::string ReportRedaction::path(std::string_view path) {
  return names_.replace(without_identifiers(mask_tokens(path)));
}

}  // namespace rocmfix::detail
