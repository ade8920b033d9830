// SPDX-License-Identifier: MIT
#include "report/report_environment.hpp"

#include <algorithm>
#include <array>

#include "rocmfix/redaction.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

// What finds a program and its libraries, whose the environment is, and what it runs in.
constexpr std::array<std::string_view, 19> own_variables = {"ASAN_OPTIONS",
                                                            "CONDA_PREFIX",
                                                            "HOME",
                                                            "LD_LIBRARY_PATH",
                                                            "LD_PRELOAD",
                                                            "LOGNAME",
                                                            "PATH",
                                                            "PYTHONHOME",
                                                            "PYTHONNOUSERSITE",
                                                            "PYTHONPATH",
                                                            "PYTHONUSERBASE",
                                                            "ROCBLAS_TENSILE_LIBPATH",
                                                            "ROCM_PATH",
                                                            "SUDO_GID",
                                                            "SUDO_UID",
                                                            "SUDO_USER",
                                                            "USER",
                                                            "VIRTUAL_ENV",
                                                            "container"};

bool is_setting(std::string_view name, const Setting& setting) {
  if (setting.layer != Layer::environment || !name.starts_with(setting.name)) {
    return false;
  }
  const std::string_view rest = name.substr(setting.name.size());
  return rest.empty() ||
         (setting.per_node && rest.starts_with('_') && parse_number(rest.substr(1)));
}

}  // namespace

bool is_reported_variable(std::string_view name, const Policy& policy) {
  const auto settings = policy.settings();
  return std::find(own_variables.begin(), own_variables.end(), name) != own_variables.end() ||
         is_runtime_variable(name) ||
         std::any_of(settings.begin(), settings.end(),
                     [&](const Setting& setting) { return is_setting(name, setting); });
}

}  // namespace rocmfix::detail
