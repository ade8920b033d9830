/* SPDX-License-Identifier: MIT */
/*
 * As much of the kernel's header as rocmfix_policy.[ch] uses; the rest is the
 * system's own header of that name.
 */
#ifndef ROCMFIX_SIM_LINUX_TYPES_H
#define ROCMFIX_SIM_LINUX_TYPES_H
#include_next <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
typedef uint32_t u32;
#endif
