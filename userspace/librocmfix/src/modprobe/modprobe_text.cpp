// SPDX-License-Identifier: MIT
#include "modprobe/modprobe_text.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

// Everything that would end the comment, or continue it onto an `options` line.
std::string plain_text(std::string_view text) {
  std::string plain(text);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c >= '\t' && c <= '\r'; }, ' ');
  plain = printable(plain);
  std::replace(plain.begin(), plain.end(), '\\', '/');
  return plain;
}

void append_comment(std::string& out, std::string_view text) {
  constexpr std::size_t width = 96;
  std::string line = "#";
  std::size_t at = 0;
  const std::string plain = plain_text(text);
  while ((at = plain.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(plain.find(' ', at), plain.size());
    if (line.size() > 1 && line.size() + 1 + end - at > width) {
      out += line + "\n";
      line = "#";
    }
    line += " " + plain.substr(at, end - at);
    at = end;
  }
  out += line + "\n";
}

// FNV-1a, 64 bits, of what precedes and follows the sum's own line: distinguishes an edited file
// from an untouched one; guards against nothing else.
std::string sum_of(std::string_view head, std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::string_view part : {head, body}) {
    for (const char c : part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  return formatted("{:016x}", hash);
}

constexpr std::string_view signature = "# Written by rocmfix";
constexpr std::string_view sum_prefix = "# rocmfix-sum: ";

}  // namespace

std::string render_modprobe_conf(const Plan& plan) {
  std::string body = "#\n# `rocmfix plan` shows these settings next to what is in force now.\n";
  for (const auto& row : plan.settings) {
    if (row.layer != Layer::module || !row.proposed ||
        !detail::is_plain_option(row.name, *row.proposed)) {
      continue;
    }
    body += "\n";
    if (!row.reason.empty()) {
      append_comment(body, formatted("{}: {}", to_string(row.effect), row.reason));
    }
    if (!row.source.empty()) {
      append_comment(body, "Source: " + row.source);
    }
    body += formatted("options {} {}={}\n", "amdgpu", row.name, *row.proposed);
  }
  const std::string head = formatted(
      "{} (profile {}): options for the kernel module {}.\n"
      "# To undo: sudo rocmfix revert\n"
      "# Do not edit: the next `rocmfix apply` rewrites it (and keeps an edited copy in\n"
      "# /var/lib/rocmfix/). For settings of your own use another file in this directory.\n",
      signature, to_string(plan.profile), "amdgpu");
  return formatted("{}{}{}\n{}", head, sum_prefix, sum_of(head, body), body);
}

namespace detail {

bool is_plain_option(std::string_view name, std::string_view value) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_word) && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
         });
}

ConfOrigin origin_of(std::string_view text) {
  if (!text.starts_with(signature)) {
    return ConfOrigin::foreign;
  }
  const std::size_t at = text.find(sum_prefix);
  const std::size_t end = at == std::string_view::npos ? at : text.find('\n', at);
  if (end == std::string_view::npos) {
    return ConfOrigin::edited;
  }
  const std::string_view sum = text.substr(at + sum_prefix.size(), end - at - sum_prefix.size());
  return sum == sum_of(text.substr(0, at), text.substr(end + 1)) ? ConfOrigin::ours
                                                                 : ConfOrigin::edited;
}

}  // namespace detail

}  // namespace rocmfix
