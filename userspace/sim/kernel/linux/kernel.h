/* SPDX-License-Identifier: MIT */
/* As much of the kernel's header as rocmfix_policy.c uses, for building it in userspace. */
#ifndef ROCMFIX_SIM_LINUX_KERNEL_H
#define ROCMFIX_SIM_LINUX_KERNEL_H
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
