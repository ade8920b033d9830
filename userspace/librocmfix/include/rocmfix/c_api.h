/* SPDX-License-Identifier: MIT */
/* The way in for other languages: what `rocmfix env --json`, `rocmfix status --json` and `rocmfix
 * explain --json` print, from the same code, and what to type for a package. The Python package is
 * built on it.
 *
 * Every text is UTF-8 and NUL-terminated. Nothing here throws, and nothing changes the machine or
 * the environment. The functions may be called from any thread, as long as no other one changes
 * the environment (setenv) meanwhile. */
#ifndef ROCMFIX_C_API_H
#define ROCMFIX_C_API_H

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Static: not to be freed. */
const char* rocmfix_version(void);

/* The JSON document, schema 1, of the variables that this process should set, would keep, and
 * should be warned of: {"schema","set","kept","warnings","advice"}; all empty without a supported GPU.
 * `root`: "/", or a captured root; `profile`: "safe" or "original".
 * On failure {"schema","error","hint"}. NULL only when there is no memory.
 * The caller frees it with rocmfix_free(). */
char* rocmfix_environment_json(const char* root, const char* profile);

/* The same for a Python interpreter that imports from `python_path` (sys.path), which ends with
 * NULL: HSA_OVERRIDE_GFX_VERSION depends on what its packages carry. NULL: what rocmfix_environment_json()
 * does, for a program that is not known. */
char* rocmfix_python_environment_json(const char* root, const char* profile,
                                      const char* const* python_path);

/* The same for {"schema","gpus","driver"}. */
char* rocmfix_status_json(const char* root);

/* What `rocmfix explain --json` prints, of more than a log. `request` is {"schema": 1} and any of
 *   "facts"        [{"fact": "rdna1", "value": "gfx1010"}]: what a cause can require (faults.toml)
 *   "environment"  ["NAME=VALUE"]
 *   "events"       [{"type": "gpu_memory_fault", "address": "0x7f3d7a123000", ...}]: fields as in
 *                  the answer; a reason may be one that the HIP interposer reports
 *   "log"          text: a kernel log, a program's output, or both
 * up to 64 MiB. `root`: where /etc/rocmfix/faults.toml is looked for. */
char* rocmfix_explain_json(const char* root, const char* request);

/* {"schema","install"}: what to type for a package by its name in packages.toml, on the distribution
 * of `root`; a clause that says what to install where that has no name for it. */
char* rocmfix_install_json(const char* root, const char* package);

/* NULL is allowed. */
void rocmfix_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
