// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the retry default. Refuses to override a value that the user gave:
 * only amdgpu.noretry=-1 (auto) is decided here. Runs before the hubs are
 * programmed, which is the only time the value is read.
 */
#include "amdgpu.h"
#include "rocmfix.h"
#include "rocmfix_gc.h"
#include "rocmfix_params.h"
#include "rocmfix_policy.h"

void rocmfix_noretry_set(struct amdgpu_device *adev)
{
	const struct rocmfix_policy *policy;

	if (!rocmfix_params_enabled())
		return;

	policy = rocmfix_policy_find(rocmfix_gc_version(adev));
	if (!policy)
		return;

	if (amdgpu_noretry == -1)
		adev->gmc.noretry = policy->noretry;
	else if (!amdgpu_noretry && policy->noretry)
		dev_warn(adev->dev,
			 "rocmfix: amdgpu.noretry=0 keeps retry on as asked: a permission fault then loops in the hardware and is never reported (see upstream commit e47b0056a08d)\n");
}
