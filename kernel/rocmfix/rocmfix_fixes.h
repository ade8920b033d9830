/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Upstream's own fixes that a series carries are patches of their own
 * (patches/<series>/upstream-*), for every GPU, as upstream made them. This is
 * what limits them to the GPUs of the policy, and what switches them off.
 */
#ifndef ROCMFIX_FIXES_H
#define ROCMFIX_FIXES_H

#include "rocmfix_gc.h"
#include "rocmfix_params.h"
#include "rocmfix_policy.h"

/* Whether upstream's fixes are in force on this GPU. Any context. */
static inline bool rocmfix_fixes_apply(const struct amdgpu_device *adev)
{
	return rocmfix_params_enabled() &&
	       rocmfix_policy_find(rocmfix_gc_version(adev));
}

#endif
