// SPDX-License-Identifier: MIT
#include "layer_options.hpp"

#include "settings.hpp"
#include "variables.hpp"

namespace rocmfix::run {

namespace {

struct Choice {
  const char* option;
  const char* variable;
  const char* typed;
  bool (*understood)(const char* text);
  const char* hint;
};

bool is_coherence(const char* text) {
  hip::CoherencePolicy policy{};
  return hip::read_coherence(text, policy);
}

bool is_communicators(const char* text) {
  return hip::read_communicators(text);
}

bool is_vram_cap(const char* text) {
  hip::VramCap cap;
  return hip::read_vram_cap(text, cap);
}

bool is_out_of_memory(const char* text) {
  hip::OutOfMemory value{};
  return hip::read_out_of_memory(text, value);
}

Result<void> check(const Choice& choice) {
  // The flag goes before the variable, which then plays no part, whatever it says.
  const char* const text = choice.typed != nullptr ? choice.typed : own_variable(choice.variable);
  if (text == nullptr || choice.understood(text)) {
    return {};
  }
  return fail(usage_error(std::string(choice.typed != nullptr ? choice.option : choice.variable) +
                              ": not understood: " + quoted(text),
                          choice.hint));
}

}  // namespace

Result<LayerOptions> complete_layer(const LayerFlags& flags) {
  const Choice choices[] = {
      {"--coherence", "ROCMFIX_COHERENCE", flags.coherence, is_coherence,
       "auto, data, all or off: see rocmfix-run(1)"},
      {"--communicators", "ROCMFIX_COMMUNICATORS", flags.communicators, is_communicators,
       "beginnings of libraries' file names, with commas between: libring,libown-"},
      {"--vram-cap", "ROCMFIX_VRAM_CAP", flags.vram_cap, is_vram_cap,
       "a fraction (0.8, 80%), a size (5G, 5368709120), or off"},
      {"--oom", "ROCMFIX_OOM", flags.out_of_memory, is_out_of_memory, "fail or host"},
  };
  for (const Choice& choice : choices) {
    if (const auto checked = check(choice); !checked) {
      return fail(checked.error());
    }
  }
  const auto enabled = read_switch("ROCMFIX_HIP", true);
  if (!enabled) {
    return fail(enabled.error());
  }
  LayerOptions options{.enabled = *enabled && !flags.no_hip,
                       .simulated = {},
                       .flags = flags,
                       .added_communicators = {}};
  if (flags.simulate != nullptr && *flags.simulate == '\0') {
    return fail(usage_error("--simulate: no card is named", "rocmfix-run --simulate list"));
  }
  const char* const cards =
      flags.simulate != nullptr ? flags.simulate : own_variable("ROCMFIX_SIM");
  if (cards != nullptr) {
    options.simulated = cards;
  }
  return options;
}

}  // namespace rocmfix::run
