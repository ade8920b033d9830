// SPDX-License-Identifier: MIT
// `rocmfix kernel-source`: what the DKMS packages build from, where linux-source does not fit.
#include "rocmfix/kernel_source.hpp"

#include <fmt/format.h>

#include "output.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

int run_kernel_source(const Root& root, const Request& request) {
  const auto status = get_kernel_source(root, request.kernel, request.dry_run);
  if (!status) {
    return print_error(status.error(), request.json);
  }
  if (!request.json) {
    return *status;
  }
  if (*status != 0) {
    // It has said why on stderr; a document is still owed.
    return print_error({ErrorCode::failed, "kernel-source failed", 0, "see above"}, true);
  }
  return print_result(fmt::format("{{\n  \"schema\": 1,\n  \"dry_run\": {}\n}}\n", request.dry_run),
                      exit_ok);
}

}  // namespace

const Verb kernel_source_verb{
    nullptr, "kernel-source",
    "download the source that a kernel was built from, for the DKMS build",
    accepts_kernel | accepts_dry_run | needs_machine, run_kernel_source};

}  // namespace rocmfix::cli
