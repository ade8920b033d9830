// SPDX-License-Identifier: MIT
#include "control/configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::array<Kernel, 3> kernels = {{
    {"6.1", 11, 49, false},
    {"6.12", 17, 61, false},
    {"7.2", 23, 64, true},
}};
constexpr std::string_view default_kernel = "6.12";

const Kernel* find_kernel(std::string_view name) {
  const auto* const found =
      std::find_if(kernels.begin(), kernels.end(), [&](const Kernel& k) { return k.name == name; });
  return found == kernels.end() ? nullptr : found;
}

bool apply_option(std::string_view option, GpuConfiguration& gpu, Kernel& kernel) {
  constexpr std::string_view kernel_prefix = "kernel";
  if (option == "largebar") {
    gpu.large_bar = true;
  } else if (option == "patched") {
    gpu.patched = true;
  } else if (option == "patched-data") {
    gpu.patched = true;
    gpu.mtype = MtypeMode::data;
  } else if (option == "patched-all") {
    gpu.patched = true;
    gpu.mtype = MtypeMode::all;
  } else if (option == "caches") {
    gpu.caches = true;
  } else if (option == "svm") {
    kernel = kernels.back();
  } else if (option.starts_with(kernel_prefix)) {
    const Kernel* const found = find_kernel(option.substr(kernel_prefix.size()));
    if (found == nullptr) {
      return false;
    }
    kernel = *found;
  } else {
    return false;
  }
  return true;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads
  return value == nullptr ? std::string() : std::string(value);
}

[[noreturn]] void refuse(const std::string& error) {
  write_stderr(error);
  _exit(2);
}

// nullopt: it is not set. `purpose` is the hint for one that is no number.
std::optional<std::uint64_t> number(const char* name, std::string_view purpose) {
  const std::string text = environment(name);
  if (text.empty()) {
    return std::nullopt;
  }
  const auto value = parse_number(text);
  if (!value || *value == 0) {
    refuse(formatted("error: {} is not a number from 1\nhint: {}\n", name, purpose));
  }
  return value;
}

void read_kernels(Configuration& out) {
  const std::string unknown = environment("ROCMFIX_SIM_KERNELS");
  if (!unknown.empty() && unknown != "execute" && unknown != "fault" && unknown != "complete") {
    refuse(
        "error: ROCMFIX_SIM_KERNELS is neither execute nor fault nor complete\n"
        "hint: it sets what happens to a GPU kernel that is not the runtime's own\n");
  }
  out.unknown_kernels = unknown == "complete" ? UnknownKernels::complete
                        : unknown == "fault"  ? UnknownKernels::fault
                                              : UnknownKernels::execute;
  if (const auto limit = number("ROCMFIX_SIM_INSTRUCTIONS",
                                "it limits the instructions of a GPU kernel, so that an endless "
                                "loop ends")) {
    out.instruction_limit = *limit;
  }
}

const Configuration* read_environment() {
  const std::string cards_wanted = environment("ROCMFIX_SIM");
  if (cards_wanted.empty()) {
    return nullptr;
  }
  auto* const result = new Configuration;  // for the life of the process
  std::string error;
  if (!parse_cards(cards_wanted, *result, error)) {
    refuse(error);
  }
  result->journal = environment("ROCMFIX_SIM_JOURNAL");
  result->scenario = environment("ROCMFIX_SIM_SCENARIO");
  result->socket = environment("ROCMFIX_SIM_SOCKET");
  read_kernels(*result);
  result->seed = number("ROCMFIX_SIM_SEED", "it decides what a card with +caches does");
  return result;
}

}  // namespace

bool parse_cards(std::string_view text, Configuration& out, std::string& error) {
  out.kernel = *find_kernel(default_kernel);
  for (const std::string_view item : split(text, ',')) {
    const auto parts = split(item, '+');
    GpuConfiguration gpu;
    gpu.card = find_card(parts.front());
    if (gpu.card == nullptr) {
      std::string names;
      for (const Card& card : cards()) {
        names += formatted(" {}", card.name);
      }
      error = formatted("error: there is no card '{}' to simulate\nhint: one of{}\n",
                        printable(parts.front()), names);
      return false;
    }
    gpu.large_bar = gpu.card->apu;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (!apply_option(parts[i], gpu, out.kernel)) {
        std::string names;
        for (const CardOption& option : card_options()) {
          names += formatted(" +{}", option.name);
        }
        error =
            formatted("error: a simulated card has no option '{}'\nhint: after a card's name:{}\n",
                      printable(parts[i]), names);
        return false;
      }
    }
    out.gpus.push_back(gpu);
  }
  return true;
}

const Configuration* configuration() {
  static const Configuration* const read = read_environment();
  return read;
}

}  // namespace rocmfix::sim
