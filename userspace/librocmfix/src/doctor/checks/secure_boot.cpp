// SPDX-License-Identifier: MIT
// Whether the kernel would take rocmfix's module: it matters only where that is, or would be,
// installed, and a refused one leaves the stock driver in use.
#include "machine/secure_boot.hpp"
#include "doctor/check.hpp"
#include "doctor/container_kind.hpp"
#include "machine/install_advice.hpp"
#include "machine/package_names.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

Finding finding_of(CheckVerdict verdict, std::string summary) {
  Finding finding;
  finding.verdict = verdict;
  finding.summary = std::move(summary);
  return finding;
}

bool is_taken(const Driver& driver) {
  return driver.livepatch.loaded ||
         (driver.loaded && driver.loaded->parameters.contains("rocmfix"));
}

Finding unsigned_module(const Root& root, const std::string& why, const std::string& package) {
  Finding finding =
      finding_of(CheckVerdict::warning,
                 formatted("{}, and rocmfix's module is not signed: the kernel refuses it", why));
  finding.remedy = "The stock driver stays in use. dkms signs modules once openssl is installed.";
  finding.command = signing_advice(root, package);
  return finding;
}

Finding judge_key(const Root& root, const std::string& why) {
  const char* const path = signing_certificate(root);
  constexpr std::size_t largest = 64U << 10U;
  const auto certificate = root.read(path, largest);
  const auto known =
      certificate ? is_enrolled(root, *certificate) : std::optional<bool>(std::nullopt);
  const bool enrolled = known.value_or(false);
  Finding finding;
  finding.evidence.push_back(formatted("{}: {}", path,
                                       !certificate ? to_string(certificate.error())
                                       : !known
                                           ? "whether it is enrolled cannot be read"
                                           : std::string(enrolled ? "enrolled" : "not enrolled")));
  if (!known) {
    finding.summary =
        formatted("{}; whether the kernel knows the key of rocmfix's module is not known", why);
    finding.remedy = "The command says whether the key is enrolled.";
    finding.command = formatted("sudo mokutil --test-key {}", path);
  } else if (enrolled) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("{}, and the key that dkms signs with is enrolled", why);
  } else {
    finding.verdict = CheckVerdict::warning;
    finding.summary = formatted("{}, and the key that dkms signs with is not enrolled", why);
    finding.remedy =
        "The kernel refuses rocmfix's module, and the stock driver stays in use. The command asks "
        "for a password; after the reboot, the firmware's screen asks for it again: Enroll MOK.";
    finding.command = formatted("sudo mokutil --import {} && sudo reboot", path);
  }
  return finding;
}

}  // namespace

Findings secure_boot(const Subject& subject) {
  const Root& root = subject.root;
  if (container_kind(subject)) {
    return {};
  }
  const Driver& driver = subject.machine.driver;
  const auto variant = driver.variant();
  const auto why = why_signatures_count(root);
  if (!why) {
    return {finding_of(variant ? CheckVerdict::unknown : CheckVerdict::ok,
                       "the state of Secure Boot cannot be read")};
  }
  if (why->empty()) {
    return {finding_of(CheckVerdict::ok, "the kernel takes modules without a signature")};
  }
  if (!variant) {
    Finding finding =
        finding_of(CheckVerdict::note, *why + ": rocmfix's driver needs a key that you enrol once");
    finding.remedy =
        "Nothing has to be done while it is not installed. dkms makes the key, and mokutil enrols "
        "it.";
    return {finding};
  }
  if (is_taken(driver)) {
    return {finding_of(CheckVerdict::ok, *why + ", and the kernel has taken rocmfix's module")};
  }
  const bool livepatch = *variant == Variant::livepatch;
  const std::string& file = livepatch ? driver.livepatch.installed->file : driver.installed->file;
  Finding finding =
      is_signed(root, file) == false
          ? unsigned_module(subject.root, *why,
                            livepatch ? names::livepatch_package : names::module_package)
          : judge_key(root, *why);
  finding.evidence.insert(finding.evidence.begin(), "module: " + file);
  return {finding};
}

}  // namespace rocmfix::detail
