// SPDX-License-Identifier: MIT
// What the checks of `rocmfix doctor` know of the program that is to use the GPUs: values, gathered
// from its files by examine_program() and judged elsewhere, so that a report can carry them to a
// machine without these files.
//
// Files are hostile until checked: all counts are bounded. Thread-safety: as for std::vector.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"
#include "rocmfix/software.hpp"

namespace rocmfix {

/// A library whose device code is in .kpack files (code_objects.hpp).
struct KpackLibrary {
  std::string path;
  std::vector<std::string> wanted;   ///< where it looks, with @GFXARCH@
  std::vector<std::string> files;    ///< those that are there and can be read
  std::vector<std::string> targets;  ///< that they were packed for
  std::string trouble;               ///< what of them could not be read: a clause
};

/// A library of matrix kernels (rocBLAS, hipBLASLt), and the files of kernels that it opens.
struct TensileLibrary {
  std::string path;
  std::vector<std::string> folders;  ///< none: it has none next to it
  std::vector<std::string> tuned;    ///< TensileTargets::tuned of all of them
  std::vector<std::string> untuned;
  // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
  std::vector<CodeFallback> fallbacks = {};  ///< its own
};

/// A library of ROCm's, as ld.so(8) would find it for the program.
struct LoadedLibrary {
  std::string process;    ///< the program, or the Python package that loads it
  std::string name;       ///< that it is asked for by: "libamdhip64.so.6"
  std::string path;       ///< links resolved; empty: it is not found
  std::string wanted_by;  ///< the file that asks for it
  std::string shadows;    ///< LD_LIBRARY_PATH came before this one, of that file's own folder
};

struct MiopenLibrary {
  std::string path;
  std::vector<std::string> names;  ///< the MIOPEN_DEBUG_* in it; read only where one is set
  std::string trouble;             ///< why they could not be read: a clause
};

/// torch/version.py, read as text.
struct TorchFacts {
  std::string folder;
  std::string version;             ///< "2.12.0+rocm7.14.0"; empty: it does not say
  std::optional<std::string> hip;  ///< empty: None; nullopt: it does not say
  std::string cuda;                ///< empty: None, or it does not say
};

struct ProgramFacts {
  std::vector<std::string> words;  ///< the command; empty: there is no program to examine
  bool implied = false;            ///< nobody named one: it is a python3 that was found
  Software software;
  std::string interpreter;     ///< the Python that runs it; empty: none, or not known
  std::string python_version;  ///< "3.13"
  std::optional<TorchFacts> torch;
  std::vector<KpackLibrary> kpack;
  std::vector<TensileLibrary> tensile;
  std::vector<LoadedLibrary> rocm;
  std::vector<MiopenLibrary> miopen;
};

/// What `words` runs and loads, with all that the checks ask for. Without effect on the machine but
/// for the cache of examine_command().
ProgramFacts examine_program(const Root& root, std::vector<std::string> words,
                             const Environment& environment);

/// One JSON object. program_facts_of() takes what this writes, also of another machine: nullopt for
/// anything else.
std::string program_facts_json(const ProgramFacts& facts);
std::optional<ProgramFacts> program_facts_of(std::string_view json);

}  // namespace rocmfix
