// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A livepatch on amdgpu 7.x, for guests only: amdgpu_dpm_is_overdrive_enabled()
 * looks into the state of an SMU whenever a GFX or compute ring is used, also on
 * a card that has none, and a virtual card has none. Nothing else is changed.
 */
#include <linux/livepatch.h>
#include <linux/module.h>

static int vradeon_no_smu_is_overdrive_enabled(void *adev)
{
	return 0;
}

static struct klp_func vradeon_no_smu_funcs[] = {
	{
		.old_name = "amdgpu_dpm_is_overdrive_enabled",
		.new_func = vradeon_no_smu_is_overdrive_enabled,
	},
	{ }
};

static struct klp_object vradeon_no_smu_objects[] = {
	{
		.name = "amdgpu",
		.funcs = vradeon_no_smu_funcs,
	},
	{ }
};

static struct klp_patch vradeon_no_smu_patch = {
	.mod = THIS_MODULE,
	.objs = vradeon_no_smu_objects,
};

static int __init vradeon_no_smu_init(void)
{
	return klp_enable_patch(&vradeon_no_smu_patch);
}

static void __exit vradeon_no_smu_exit(void)
{
}

module_init(vradeon_no_smu_init);
module_exit(vradeon_no_smu_exit);
MODULE_DESCRIPTION("amdgpu without an SMU, for test guests");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(livepatch, "Y");
