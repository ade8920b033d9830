// SPDX-License-Identifier: MIT
// What torchrun (torch.distributed.elastic) tells the processes that it starts, in their
// environment.
#pragma once

namespace rocmfix::run {

/// The command is one of several processes that wait for each other: one alone cannot be started
/// again.
bool is_one_of_several_ranks();

/// torchrun has started its processes again after a failure on this machine. After one on another
/// machine it does not say so (torch/distributed/elastic/agent/server/api.py: a change of
/// membership is no restart).
bool was_started_again();

}  // namespace rocmfix::run
