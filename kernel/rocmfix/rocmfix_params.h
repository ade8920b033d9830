/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the user asked for by module parameters, already checked: read-only
 * after the module is loaded, so that no device ever sees it change.
 */
#ifndef ROCMFIX_PARAMS_H
#define ROCMFIX_PARAMS_H

#include <linux/types.h>

#include "rocmfix_policy.h"

/* amdgpu.rocmfix: false means the stock driver in every register and PTE. */
bool rocmfix_params_enabled(void);

/* amdgpu.rocmfix_mtype; ROCMFIX_MODE_STOCK when not enabled. */
enum rocmfix_policy_mode rocmfix_params_mode(void);

#endif
