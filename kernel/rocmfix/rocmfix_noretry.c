// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the retry default. Refuses to override a value that the user gave:
 * only amdgpu.noretry=-1 (auto) is decided here. Runs before the hubs are
 * programmed, which is the only time the value is read. A series whose stock
 * driver has this default already (7.2 and later) leaves the file out.
 */
#include "amdgpu.h"
#include "rocmfix.h"
#include "rocmfix_gc.h"
#include "rocmfix_params.h"
#include "rocmfix_policy.h"

void rocmfix_noretry_set(struct amdgpu_device *adev)
{
	const struct rocmfix_policy *policy;

	if (!rocmfix_params_enabled() || amdgpu_noretry != -1)
		return;

	policy = rocmfix_policy_find(rocmfix_gc_version(adev));
	if (policy)
		adev->gmc.noretry = policy->noretry;
}
