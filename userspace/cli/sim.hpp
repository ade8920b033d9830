// SPDX-License-Identifier: MIT
// `rocmfix sim list`: the cards that can be simulated, as the simulator has them. Starts nothing.
#pragma once

namespace rocmfix::cli {

int run_sim_list(bool json);

}  // namespace rocmfix::cli
