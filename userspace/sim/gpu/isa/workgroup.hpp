// SPDX-License-Identifier: MIT
// One workgroup: its waves with their first registers, its LDS and scratch, barriers.
#pragma once

#include <memory>
#include <vector>

#include "gpu/isa/launch.hpp"

namespace rocmfix::sim::isa {

struct Counts {
  std::uint64_t instructions = 0, lane_instructions = 0;
};

class Workgroup {
 public:
  Workgroup(const KernelDescriptor& descriptor, const Launch& launch,
            std::array<std::uint32_t, 3> id);
  Workgroup(const Workgroup&) = delete;
  Workgroup& operator=(const Workgroup&) = delete;
  Workgroup(Workgroup&&) = delete;
  Workgroup& operator=(Workgroup&&) = delete;
  ~Workgroup() = default;

  /// A turn for each wave. true: there is more to do.
  bool run(Program& program, Memory& memory, Program::Cursor& cursor, Counts& counts);
  /// What ended it early; nullptr: nothing.
  [[nodiscard]] const Stop* problem() const { return problem_; }

 private:
  void init_scalars(Wave& wave, const KernelDescriptor& descriptor, const Launch& launch,
                    const std::array<std::uint32_t, 3>& id);
  bool release_barrier();
  void take_seat(Wave& wave, Memory& memory) const;

  Group group_;
  std::array<std::uint32_t, 3> id_;
  bool both_units_;
  bool seated_ = false;  ///< its waves have their ports
  std::vector<std::unique_ptr<Wave>> waves_;
  const Stop* problem_ = nullptr;
};

}  // namespace rocmfix::sim::isa
