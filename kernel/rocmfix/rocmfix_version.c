// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns what modinfo says of this amdgpu.ko. The MODULE_VERSION is more than
 * decoration: without one, dkms 3.0.10 keeps the stock module and says nothing.
 */
#include <linux/module.h>

#if __has_include("rocmfix_build.h")
#include "rocmfix_build.h"
#else
#error "rocmfix_build.h is missing: dkms/prepare-source writes it; build the tree that it creates"
#endif

MODULE_VERSION(ROCMFIX_VERSION);
MODULE_INFO(rocmfix, "series=" ROCMFIX_SERIES " patches=" ROCMFIX_PATCHES
	    " source=" ROCMFIX_SOURCE " fixes=" ROCMFIX_FIXES);
