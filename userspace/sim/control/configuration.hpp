// SPDX-License-Identifier: MIT
// What is asked for in the environment: which cards, which kernel, where the journal goes. Read
// once. Without ROCMFIX_SIM there is no configuration, and the simulator does nothing at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "card.hpp"

namespace rocmfix::sim {

/// What differs between the kernels of Debian as far as a process can see it.
struct Kernel {
  std::string_view name;
  unsigned kfd_minor;  ///< KFD_IOCTL_MINOR_VERSION of its uapi header
  unsigned drm_minor;  ///< KMS_DRIVER_MINOR of amdgpu_drv.c
  bool svm;            ///< DEVICE_PRIVATE is set, so HSA_AMD_SVM is built
};

/// The parameter rocmfix_mtype of the patched driver, with its values.
enum class MtypeMode { private_ = 1, data = 2, all = 3 };

/// ROCMFIX_SIM_KERNELS: what becomes of a kernel that is not the runtime's own.
enum class UnknownKernels {
  execute,
  fault,
  complete,  ///< it is skipped, and reported as done
};

struct GpuConfiguration {
  const Card* card = nullptr;
  bool large_bar = false;  ///< all VRAM is CPU-visible (resizable BAR; an APU always)
  bool patched = false;    ///< the MTYPE in force is that of the patched driver
  MtypeMode mtype = MtypeMode::private_;
  bool caches = false;  ///< L0, GL1 and GL2 stand between its kernels and memory
};

struct Configuration {
  std::vector<GpuConfiguration> gpus;
  Kernel kernel{};
  std::string journal;   ///< ROCMFIX_SIM_JOURNAL: a file, appended to
  std::string scenario;  ///< ROCMFIX_SIM_SCENARIO: a file of commands, see control.hpp
  std::string socket;    ///< ROCMFIX_SIM_SOCKET: a Unix socket for commands; "@name" is abstract
  UnknownKernels unknown_kernels = UnknownKernels::execute;
  /// ROCMFIX_SIM_INSTRUCTIONS: how many a kernel's waves may execute before it is taken for one
  /// that does not end. The default is some minutes.
  std::uint64_t instruction_limit = 4'000'000'000;
  /// ROCMFIX_SIM_SEED: of what the caches do that nothing demands. nullopt: each process has its
  /// own.
  std::optional<std::uint64_t> seed;
};

/// nullptr: ROCMFIX_SIM is not set or empty. A value that cannot be right ends the process with a
/// sentence: a test that silently ran without its card would be worse.
const Configuration* configuration();

/// "rx5600xt", "rx6700xt+largebar+kernel7.2", "rx5600xt,raphael". `error` gets sentence and hint.
bool parse_cards(std::string_view text, Configuration& out, std::string& error);

}  // namespace rocmfix::sim
