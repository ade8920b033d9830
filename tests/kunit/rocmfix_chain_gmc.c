// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The driver's gmc_v10_0.c, whole, and the way to its static functions. */
#include "gmc_v10_0.c"
#include "rocmfix_chain.h"

void rocmfix_chain_set_funcs(struct amdgpu_device *adev)
{
	adev->gmc.gmc_funcs = NULL;
	gmc_v10_0_set_gmc_funcs(adev);
}
