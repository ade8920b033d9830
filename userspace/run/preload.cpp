// SPDX-License-Identifier: MIT
#include "preload.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "installation.hpp"
#include "rocmfix/install_hint.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

constexpr std::string_view separators = " :";

struct Library {
  std::string_view file;
  std::string_view hint;  ///< empty: its package is to be installed
};
#ifdef ROCMFIX_WHEEL
constexpr const char* layer_hint =
    "install the wheel into an environment (pip's --target leaves libraries out), or run without "
    "it: "
    "rocmfix-run --no-hip COMMAND";
constexpr const char* simulator_hint =
    "install the wheel into an environment (pip's --target leaves libraries out)";
#else
constexpr const char* layer_hint =
    "reinstall rocmfix, or run without it: rocmfix-run --no-hip COMMAND";
constexpr const char* simulator_hint = "";
#endif
constexpr Library layer_library{"librocmfix-hip.so", layer_hint};
constexpr Library simulator_library{"librocmfix-sim.so", simulator_hint};

Result<std::string> find_library(const Library& library) {
  const auto prefix = own_prefix();
  if (!prefix) {
    return fail(prefix.error());
  }
  std::string looked_in;
  for (const std::string_view directory : {ROCMFIX_LIBRARY_DIR "/", "lib/"}) {
    std::string path = *prefix + "/" + std::string(directory) + std::string(library.file);
    if (access(path.c_str(), R_OK) != 0) {
      looked_in += (looked_in.empty() ? "" : ", nor ") + path;
      continue;
    }
    if (path.find_first_of(separators) != std::string::npos) {
      return fail(Error{.code = ErrorCode::invalid,
                        .what = "LD_PRELOAD cannot contain a path with a space or a colon: " + path,
                        .hint = "build or install rocmfix below another directory"});
    }
    return path;
  }
  return fail(Error{
      .code = ErrorCode::not_applicable,
      .what = "there is no " + looked_in,
      .hint = library.hint.empty() ? install_hint("rocmfix-sim") : std::string(library.hint)});
}

bool contains(std::string_view list, std::string_view path) {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find_first_of(separators, at), list.size());
    if (list.substr(at, end - at) == path) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

/// nullptr: not set. Set to nothing is the user's word, too.
const char* inherited(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
}

void add_tools_library(const std::string& path, Preload& preload) {
  const char* const users = inherited("HSA_TOOLS_LIB");
  if (users == nullptr) {
    preload.changes.push_back(
        {"HSA_TOOLS_LIB", path,
         "ROCr before 6.0 finds the HIP interposer only through this variable"});
  } else if (!contains(users, path)) {
    preload.warnings.push_back(
        {"HSA_TOOLS_LIB", users,
         "yours is kept: a ROCr before 6.0 then runs without the HIP interposer (coherence, VRAM "
         "limit, fault reports), unless you add " +
             path + " to it, after a space",
         "seen with ROCr 5.2.3, 6.1.2 and 6.4.3"});
  }
}

/// `list` and what of `names` is not in it; both with commas between.
std::string with_names(std::string list, std::string_view names) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    if (("," + list + ",").find("," + std::string(name) + ",") == std::string::npos) {
      list += (list.empty() ? "" : ",") + std::string(name);
    }
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return list;
}

/// The administrator's names come after the user's: both only add.
void add_communicators(const Options& options, Preload& preload) {
  const char* const typed = options.layer.flags.communicators;
  const std::string& added = options.layer.added_communicators;
  if (added.empty()) {
    if (typed != nullptr) {
      preload.changes.push_back({"ROCMFIX_COMMUNICATORS", typed, "--communicators"});
    }
    return;
  }
  const char* const users = typed != nullptr ? typed : own_variable("ROCMFIX_COMMUNICATORS");
  preload.changes.push_back({"ROCMFIX_COMMUNICATORS",
                             with_names(users == nullptr ? "" : users, added),
                             "/etc/rocmfix/communicators.toml"});
}

void add_settings(const Options& options, Preload& preload) {
  const LayerFlags& flags = options.layer.flags;
  const auto add = [&](const char* name, const char* value, const char* reason) {
    if (value != nullptr) {
      preload.changes.push_back({name, value, reason});
    }
  };
  add("ROCMFIX_COHERENCE", flags.coherence, "--coherence");
  add_communicators(options, preload);
  add("ROCMFIX_VRAM_CAP", flags.vram_cap, "--vram-cap");
  add("ROCMFIX_OOM", flags.out_of_memory, "--oom");
  if (flags.verbose_layer) {
    add("ROCMFIX_VERBOSE", *flags.verbose_layer ? "1" : "0",
        *flags.verbose_layer ? "--verbose" : "--quiet");
  }
}

}  // namespace

std::string appended(std::string_view list, std::string_view path) {
  if (contains(list, path)) {
    return std::string(list);
  }
  // A list that ends with a separator, or has nothing in it, needs none.
  const bool separated = list.empty() || separators.find(list.back()) != std::string_view::npos;
  return std::string(list) + (separated ? "" : ":") + std::string(path);
}

Result<std::string> find_simulator() {
  return find_library(simulator_library);
}

Result<Preload> plan_preload(const Options& options, bool supported) {
  Preload preload;
  const bool simulated = !options.layer.simulated.empty();
  const char* const users = inherited("LD_PRELOAD");
  const std::string before = users == nullptr ? "" : users;
  std::string list = before;
  std::string reason;
  if (simulated) {
    const auto simulator = find_simulator();
    if (!simulator) {
      return fail(simulator.error());
    }
    list = appended(list, *simulator);
    reason = "the simulated card";
    preload.changes.push_back({"ROCMFIX_SIM", options.layer.simulated, "the simulated card"});
  }
  if (!supported) {
    // Still simulated: an unsupported card can be, too.
  } else if (options.layer.enabled) {
    const auto layer = find_library(layer_library);
    if (!layer) {
      return fail(layer.error());
    }
    list = appended(list, *layer);
    reason += std::string(reason.empty() ? "" : ", and ") + "the HIP interposer";
    add_tools_library(*layer, preload);
    add_settings(options, preload);
  } else if (options.layer.flags.no_hip) {
    preload.changes.push_back({"ROCMFIX_HIP", "0", "--no-hip"});
  }
  if (simulated || list != before) {
    preload.changes.push_back({"LD_PRELOAD", list, "appended: " + reason});
  }
  return preload;
}

}  // namespace rocmfix::run
