// SPDX-License-Identifier: MIT
#include "ledger/live_blocks.hpp"

#include "export.hpp"
#include "layer.hpp"

using namespace rocmfix::hip;

namespace {

struct Visitor {
  RocmfixSeeBlock see;
  void* context;
};

}  // namespace

extern "C" ROCMFIX_EXPORT size_t rocmfix_hip_live_blocks(RocmfixSeeBlock see, void* context) {
  constexpr uint32_t patience = 1000;  // ms
  Visitor visitor{see, context};
  return layer.ledger.visit(
      &visitor,
      [](void* into, const Block& block) {
        const Visitor& to = *static_cast<Visitor*>(into);
        const RocmfixLiveBlock told{.address = block.address,
                                    .gpu_address = block.alias == 0 ? block.address : block.alias,
                                    .size = block.size,
                                    .charged = block.charged,
                                    .time = block.time,
                                    .of_program = block.of_program ? 1 : 0};
        to.see(to.context, &told);
      },
      [](void*, const FreedBlock&) {}, patience);
}
