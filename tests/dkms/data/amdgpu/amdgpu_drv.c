// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Stands in for amdgpu: like the real one it has no MODULE_VERSION. */
#include <linux/module.h>

static int __init amdgpu_init(void)
{
	return 0;
}

static void __exit amdgpu_exit(void)
{
}

module_init(amdgpu_init);
module_exit(amdgpu_exit);
MODULE_DESCRIPTION("stand-in for amdgpu");
MODULE_LICENSE("GPL and additional rights");
