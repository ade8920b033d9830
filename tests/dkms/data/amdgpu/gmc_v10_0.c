// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The function by which a series is chosen; it is not compiled. */
static void gmc_v10_0_get_vm_pte(struct amdgpu_device *adev, uint64_t *flags)
{
	*flags |= 1; /* as it likes */
}
