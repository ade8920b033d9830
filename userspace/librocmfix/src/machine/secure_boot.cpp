// SPDX-License-Identifier: MIT
#include "machine/secure_boot.hpp"

#include <cerrno>

#include "base/regular_file.hpp"
#include "machine/module_info.hpp"
#include "machine/package_names.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view variables = "/sys/firmware/efi/efivars";
constexpr std::string_view shim_vendor = "605dab50-e046-4300-abb6-3dd810dd8b23";
constexpr std::string_view global_vendor = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
constexpr std::size_t attributes = 4;  // bytes, before a variable's value
constexpr std::size_t largest_variable = 1U << 20U;

/// nullopt: it is there and cannot be read. Empty: there is none.
std::optional<std::string> read_variable(const Root& root, std::string_view name,
                                         std::string_view vendor) {
  auto text = root.read(formatted("{}/{}-{}", variables, name, vendor), largest_variable);
  if (!text) {
    const int errnum = text.error().errnum;
    return errnum == ENOENT || errnum == ENOTDIR ? std::optional(std::string()) : std::nullopt;
  }
  return text->size() < attributes ? std::string() : text->substr(attributes);
}

bool is_one(const std::string& value) {
  return value.size() == 1 && value.front() == 1;
}

}  // namespace

std::optional<std::string> why_signatures_count(const Root& root) {
  const auto secure_boot = read_variable(root, "SecureBoot", global_vendor);
  // The machine's owner can have shim leave it to the firmware.
  const auto disabled = read_variable(root, "MokSBStateRT", shim_vendor);
  if (secure_boot && is_one(*secure_boot) && !(disabled && is_one(*disabled))) {
    return "Secure Boot is on";
  }
  // "none [integrity] confidentiality"
  const auto lockdown = root.read_line("/sys/kernel/security/lockdown");
  if (lockdown && lockdown->find("[none]") == std::string::npos &&
      lockdown->find('[') != std::string::npos) {
    return "the kernel is locked down";
  }
  if (root.read_line("/sys/module/module/parameters/sig_enforce") == "Y") {
    return "module.sig_enforce is on";
  }
  return secure_boot ? std::optional(std::string()) : std::nullopt;
}

std::optional<bool> is_enrolled(const Root& root, std::string_view certificate) {
  const auto list = read_variable(root, "MokListRT", shim_vendor);
  if (!list || list->empty()) {
    return std::nullopt;
  }
  // A list that is too long for one variable goes on in the next: MokListRT1, MokListRT2, ...
  std::string all = *list;
  constexpr int most = 16;
  for (int number = 1; number < most; ++number) {
    const auto more = read_variable(root, formatted("MokListRT{}", number), shim_vendor);
    if (!more) {
      return std::nullopt;
    }
    if (more->empty()) {
      break;
    }
    all += *more;
  }
  return !certificate.empty() && all.find(certificate) != std::string::npos;
}

std::optional<bool> is_signed(const Root& root, const std::string& module) {
  constexpr std::string_view mark = "~Module signature appended~\n";  // linux/module_signature.h
  auto file = RegularFile::open(root, module);
  if (!file) {
    return std::nullopt;
  }
  const auto plain = unpacked_module(std::move(*file));
  if (!plain || plain->size() < mark.size()) {
    return std::nullopt;
  }
  const auto end = plain->read(plain->size() - mark.size(), mark.size());
  return end ? std::optional(*end == mark) : std::nullopt;
}

const char* signing_certificate(const Root& root) {
  return root.exists(names::shim_certificate) ? names::shim_certificate : names::dkms_certificate;
}

}  // namespace rocmfix::detail
