// SPDX-License-Identifier: MIT
// Leaves secrets out of what is made to be shown to others: a crash report, a bug report.
//
// A command line and an environment are full of them. What has the name of a secret, or the form of
// a well-known token, is replaced; what looks like any other text stays (a password as a plain
// word). When in doubt it is replaced.
//
// Thread-safety: all functions may be called from several threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rocmfix {

/// What a secret is replaced by.
inline constexpr std::string_view redacted = "[redacted]";

/// The name of an option, a variable or a key that has a secret for its value: "--api-key",
/// "HF_TOKEN", "db.password".
bool is_secret_name(std::string_view name);

/// The words of a command: `--token=X`, `--token X`, `TOKEN=X`, the password in a URL, tokens of
/// well-known forms, and all of these within a word (`sh -c '...'`).
std::vector<std::string> redact_command(const std::vector<std::string>& words);

/// The same within a text: a line, the value of a variable.
std::string redact_text(std::string_view text);

/// As redact_text(), with as many letters 'x' as the secret has: nothing after it moves.
std::string mask_secrets(std::string_view text);
/// The same for tokens of well-known forms alone, in bytes that are no text.
std::string mask_tokens(std::string_view bytes);

/// True for the variables whose values a report quotes besides the settings of the policy: those
/// that the GPU's runtimes and libraries are known to read (userspace/data/variables.toml).
bool is_runtime_variable(std::string_view name);

}  // namespace rocmfix
