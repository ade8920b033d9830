// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where the headers that the livepatch is built with have those fields. Compiled to
 * assembler only, as the kernel's asm-offsets.c is: two lines for each, with the value
 * and the text of offsetof() and of sizeof_field(). It is in no module.
 * rocmfix_layout_series.h is that of the series, or empty.
 */
#include <linux/stddef.h>

#include "amdgpu.h"
#include "amdgpu_gmc.h"
#include "amdgpu_object.h"
#include "amdgpu_vm.h"
#include "rocmfix_livepatch_calls.h"

#include <linux/kbuild.h>

#define ROCMFIX_FIELD(type, field) OFFSET(place, type, field)

static void __used rocmfix_offsets(void)
{
#include "rocmfix_layout.h"
#include "rocmfix_layout_series.h"
}

#undef ROCMFIX_FIELD
#define ROCMFIX_FIELD(type, field) \
	DEFINE(place, sizeof_field(struct type, field))

static void __used rocmfix_sizes(void)
{
#include "rocmfix_layout.h"
#include "rocmfix_layout_series.h"
}
