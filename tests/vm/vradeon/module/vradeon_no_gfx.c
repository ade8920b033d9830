// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A livepatch on amdgpu, for guests only: from 6.12 on a buffer in VRAM is
 * cleared by an SDMA job when it is made, and amdgpu_vm_flush(), which is called
 * before every job, looks into the GFX block, also on a card that has none.
 * There is nothing to flush: vradeon.ko has no TLB. Nothing else is changed.
 */
#include <linux/livepatch.h>
#include <linux/module.h>

static int vradeon_no_gfx_vm_flush(void *ring, void *job, bool need_pipe_sync)
{
	return 0;
}

static struct klp_func vradeon_no_gfx_funcs[] = {
	{
		.old_name = "amdgpu_vm_flush",
		.new_func = vradeon_no_gfx_vm_flush,
	},
	{ }
};

static struct klp_object vradeon_no_gfx_objects[] = {
	{
		.name = "amdgpu",
		.funcs = vradeon_no_gfx_funcs,
	},
	{ }
};

static struct klp_patch vradeon_no_gfx_patch = {
	.mod = THIS_MODULE,
	.objs = vradeon_no_gfx_objects,
};

static int __init vradeon_no_gfx_init(void)
{
	return klp_enable_patch(&vradeon_no_gfx_patch);
}

static void __exit vradeon_no_gfx_exit(void)
{
}

module_init(vradeon_no_gfx_init);
module_exit(vradeon_no_gfx_exit);
MODULE_DESCRIPTION("amdgpu without a GFX block, for test guests");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(livepatch, "Y");
